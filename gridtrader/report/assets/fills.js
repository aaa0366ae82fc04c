// Price with every fill: which side, which level, and the take-profits.

const market = { symbol: replay.symbols[0], shows: { long: true, short: true, profit: true }, marks: [] };
const CELL = 5;   // marks nearer to each other than this many pixels, of the same kind, are drawn as one
const FEW_TICKS = 5;  // the least room above and below the price
const NEAR = 14;  // pixels from the pointer within which a mark is told

const isShown = (side, level) => market.shows[side === SHORT ? "short" : "long"] && (level >= 0 || market.shows.profit);

// Indices of the fills, the most important first: forced ones, then deep levels; take-profits rank with level 1.
function ranked(fills) {
  const rank = i => (fills.flags[i] & FORCED ? 1000 : fills.level[i] < 0 ? 0.5 : fills.level[i]);
  fills.ranked ??= Array.from(fills.time.keys()).sort((a, b) => rank(b) - rank(a));
  return fills.ranked;
}

// Where marks go: of those that fall into one place the most important one.
function placeMarks(place, fills) {
  const taken = new Set(), marks = [];
  for (const i of ranked(fills)) {
    const time = fills.time[i], side = fills.flags[i] & SHORT, level = fills.level[i];
    const isForced = fills.flags[i] & FORCED;
    if (time < span.min || time > span.max || !(isForced || isShown(side, level))) continue;
    const x = place.x(time), y = place.y(fills.price[i]);
    const kind = isForced ? 4 : side * 2 + (level < 0);
    const cell = (Math.round(x / CELL) * 4096 + Math.round(y / CELL) + 1024) * 8 + kind;
    if (taken.has(cell)) continue;
    taken.add(cell);
    marks.push({ x, y, i, side, level, isForced });
  }
  return marks.reverse();
}

function drawFills(ctx, place) {
  const { bars, fills } = market.symbol;
  drawBars(ctx, place, bars, false);
  const marks = market.marks = placeMarks(place, fills);
  const scale = marks.length > 1200 ? 0.6 : marks.length > 300 ? 0.85 : 1;
  for (const mark of marks) drawMark(ctx, mark, (3.6 + Math.min(Math.max(mark.level, 0), 9) * 0.55) * scale);
  if (marks.length <= place.width / 8) drawNumbers(ctx, marks);
}

function drawMark(ctx, { x, y, side, level, isForced }, size) {
  ctx.beginPath();
  ctx.fillStyle = ctx.strokeStyle = sideColour(side);
  if (isForced) return drawCross(ctx, x, y);
  const tip = side === SHORT ? size : -size;
  if (level < 0) return drawDiamond(ctx, x, y, tip * 1.4);
  ctx.moveTo(x, y + tip);
  ctx.lineTo(x + size, y - tip * 0.8);
  ctx.lineTo(x - size, y - tip * 0.8);
  ctx.closePath();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = colour("card");
  ctx.stroke();
  ctx.fill();
}

// A take-profit: the half towards `tip` is filled, the upper one for LONG, the lower one for SHORT.
function drawDiamond(ctx, x, y, tip) {
  ctx.moveTo(x, y + tip);
  ctx.lineTo(x + tip, y);
  ctx.lineTo(x, y - tip);
  ctx.lineTo(x - tip, y);
  ctx.closePath();
  const stroke = ctx.strokeStyle;
  ctx.fillStyle = colour("card");
  ctx.fill();
  ctx.lineWidth = 1.4;
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x, y + tip);
  ctx.lineTo(x + tip, y);
  ctx.lineTo(x - tip, y);
  ctx.fillStyle = stroke;
  ctx.fill();
}

function drawCross(ctx, x, y) {
  ctx.strokeStyle = colour("danger");
  ctx.lineWidth = 2.5;
  ctx.moveTo(x - 7, y - 7);
  ctx.lineTo(x + 7, y + 7);
  ctx.moveTo(x + 7, y - 7);
  ctx.lineTo(x - 7, y + 7);
  ctx.stroke();
}

function drawNumbers(ctx, marks) {
  ctx.textAlign = "left";
  for (const { x, y, side, level, isForced } of marks) {
    if (level < 0 || isForced) continue;
    ctx.fillStyle = sideColour(side);
    boxed(ctx, String(level), x + 5 + level * 0.5, y + 4);
  }
}

function fillsReach() {
  const { bars, fills } = market.symbol;
  let [low, high] = priceReach(bars);
  const last = lastUpTo(fills.time, span.max);
  for (let i = lastUpTo(fills.time, span.min) + 1; i <= last; i++) {
    low = Math.min(low, fills.price[i]);
    high = Math.max(high, fills.price[i]);
  }
  return roomy([low, high], FEW_TICKS * 10 ** -market.symbol.pricePlaces);
}

// The fills nearest to the pointer; those at one place are told together.
function fillsAt(left, top) {
  let best = null, distance = NEAR * NEAR;
  for (const mark of market.marks) {
    const far = (mark.x - left) ** 2 + (mark.y - top) ** 2;
    if (far <= distance) [best, distance] = [mark, far];
  }
  if (!best) return [];
  const here = market.marks.filter(mark => Math.abs(mark.x - best.x) <= 2 && Math.abs(mark.y - best.y) <= 2);
  const most = 3;
  const lines = here.slice(-most).reverse().flatMap(({ i }) => tellFill(i));
  return here.length > most ? [...lines, `and ${here.length - most} more here`] : lines;
}

function tellFill(i) {
  const { fills, pricePlaces, quantityPlaces } = market.symbol, flags = fills.flags[i], level = fills.level[i];
  const what = flags & FORCED ? "forced by the exchange" : level < 0 ? "take-profit" : `level ${level}`;
  const realised = fills.pnl[i] ? `, realised ${figure(fills.pnl[i], 4, true)}` : "";
  return [
    `${SIDES[flags & SHORT]} ${what}`,
    `${figure(fills.quantity[i], quantityPlaces)} at ${figure(fills.price[i], pricePlaces)}`,
    `fee ${figure(fills.fee[i], 4)} as ${flags & MAKER ? "maker" : "taker"}${realised}`,
    moment(fills.time[i]),
  ];
}

function tellBar(time) {
  const { bars, pricePlaces } = market.symbol, i = lastUpTo(bars.time, time);
  if (i < 0) return ["no price"];
  const [open, high, low, close] = [bars.open, bars.high, bars.low, bars.close].map(of => figure(of[i], pricePlaces));
  return [toMinute(bars.time[i]), `open ${open}`, `high ${high}`, `low ${low}`, `close ${close}`];
}

const drawPrice = () => chart({
  name: "fills", tall: 420, reach: fillsReach, draw: drawFills, reading: tellBar, hover: fillsAt,
});
