// Drawing on a plot's canvas in the pixels of the page.

// Where times and values stand on a plot, in CSS pixels from its upper left corner.
function placed(u) {
  const { clientWidth: width, clientHeight: height } = u.over;
  const { min: low, max: high } = u.scales.y;
  const perTime = width / (span.max - span.min), perValue = height / (high - low || 1);
  return {
    width,
    height,
    x: time => (time - span.min) * perTime,
    y: value => (high - value) * perValue,
    wide: lasted => lasted * perTime,
  };
}

// Call `draw(context, place)` with the plot's upper left corner as origin, clipped to the plot.
function onPlot(u, draw) {
  const { ctx, bbox } = u, ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.translate(bbox.left, bbox.top);
  ctx.scale(ratio, ratio);
  ctx.lineJoin = "round";
  ctx.font = FONT;
  draw(ctx, placed(u));
  ctx.restore();
}

const FONT = "11px system-ui, sans-serif";

// A dashed line at a value, its name above or below it.
function level(ctx, place, value, text, name, isBelow = false) {
  const y = place.y(value);
  if (y < -20 || y > place.height + 20) return;
  ctx.strokeStyle = ctx.fillStyle = colour(name);
  ctx.lineWidth = 1.25;
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(0, y);
  ctx.lineTo(place.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.textAlign = "left";
  if (text) boxed(ctx, text, 4, isBelow ? y + 13 : y - 5);
}

// A text that can be read whatever is drawn beneath it.
function boxed(ctx, text, x, y) {
  ctx.lineWidth = 4;
  ctx.strokeStyle = colour("card");
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

function stopMark(ctx, place) {
  if (!replay.stop) return;
  const x = place.x(replay.stop.time);
  if (x < 0 || x > place.width) return;
  ctx.strokeStyle = ctx.fillStyle = colour("danger");
  ctx.lineWidth = 1.5;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(x, 0);
  ctx.lineTo(x, place.height);
  ctx.stroke();
  ctx.setLineDash([]);
  const isRight = x > place.width - 110;
  ctx.textAlign = isRight ? "right" : "left";
  boxed(ctx, "emergency stop", x + (isRight ? -5 : 5), 12);
}

// The price: candles where there is room for them, else the reach of each bar and its close.
function drawBars(ctx, place, bars, isFaint) {
  const last = Math.min(bars.time.length - 1, lastUpTo(bars.time, span.max));
  const first = Math.max(0, lastUpTo(bars.time, span.min));
  if (last < first) return;
  const width = place.wide(barWidth(bars));
  ctx.globalAlpha = isFaint ? 0.55 : 1;
  ctx.strokeStyle = ctx.fillStyle = colour("price");
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = first; i <= last; i++) {
    const x = place.x(bars.time[i]) + width / 2;
    ctx.moveTo(x, place.y(bars.high[i]) - 0.5);
    ctx.lineTo(x, place.y(bars.low[i]) + 0.5);
  }
  ctx.stroke();
  if (width >= 5) drawBodies(ctx, place, bars, first, last, width);
  ctx.globalAlpha = 1;
}

const WIDE = 40;  // pixels from which a bar is but the background of what happened in it

// Rising bars are hollow, falling ones filled.
function drawBodies(ctx, place, bars, first, last, width) {
  const body = width * 0.7;
  for (let i = first; i <= last; i++) {
    const left = place.x(bars.time[i]) + (width - body) / 2;
    const top = place.y(Math.max(bars.open[i], bars.close[i]));
    const height = Math.max(1, place.y(Math.min(bars.open[i], bars.close[i])) - top);
    ctx.fillStyle = bars.close[i] >= bars.open[i] ? colour("card") : colour("price");
    if (width > WIDE) ctx.globalAlpha = 0.3;
    ctx.fillRect(left, top, body, height);
    ctx.strokeRect(left, top, body, height);
  }
}

function barWidth(bars) {
  const { time } = bars;
  if (time.length < 2) return Math.max(MINUTE, replay.end - (time[0] || 0));
  bars.width ??= Array.from(time.subarray(1), (at, i) => at - time[i]).sort((a, b) => a - b)[(time.length - 1) >> 1];
  return bars.width;
}

// Stretch [low, high] over the bars shown; null where there are none.
function priceReach(bars, low = Infinity, high = -Infinity) {
  const last = lastUpTo(bars.time, span.max);
  for (let i = Math.max(0, lastUpTo(bars.time, span.min)); i <= last; i++) {
    low = Math.min(low, bars.low[i]);
    high = Math.max(high, bars.high[i]);
  }
  return [low, high];
}

function roomy([low, high], least = 0) {
  if (!(low <= high)) return [0, 1];
  const room = Math.max((high - low) * 0.06, Math.abs(high) * 1e-4, least) || 1;
  return [low - room, high + room];
}
