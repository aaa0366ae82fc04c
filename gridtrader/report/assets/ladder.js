// Both ladders over time: every order where it stood, and how many levels each side held.

const DASHES = [[], [5, 3], [1.5, 3], [7, 3, 1.5, 3]];  // levels of LONG and SHORT, take-profits of LONG and SHORT
const kindOf = (side, level) => (level < 0 ? 2 : 0) + side;

// Call `tell(i)` with each order that stood within the span and is shown.
function ordersShown(tell) {
  const { time, until, side, level } = market.symbol.orders;
  const last = lastUpTo(time, span.max);
  for (let i = 0; i <= last; i++) if (until[i] >= span.min && isShown(side[i], level[i])) tell(i);
}

function ladderReach() {
  const { bars, orders } = market.symbol;
  let [low, high] = priceReach(bars);
  ordersShown(i => {
    low = Math.min(low, orders.price[i]);
    high = Math.max(high, orders.price[i]);
  });
  return roomy([low, high], FEW_TICKS * 10 ** -market.symbol.pricePlaces);
}

function drawLadders(ctx, place) {
  const { bars, orders } = market.symbol;
  drawBars(ctx, place, bars, true);
  const paths = DASHES.map(() => new Path2D()), taken = new Set();
  ordersShown(i => {
    const x = place.x(orders.time[i]), width = place.wide(orders.until[i] - orders.time[i]);
    const y = place.y(orders.price[i]), kind = kindOf(orders.side[i], orders.level[i]);
    if (width < 1) {  // of many short ones that fall on one another, one
      const cell = (Math.round(x) * 4096 + Math.round(y) + 1024) * 4 + kind;
      if (taken.has(cell)) return;
      taken.add(cell);
    }
    paths[kind].moveTo(x, y);
    paths[kind].lineTo(x + Math.max(1, width), y);
  });
  paths.forEach((path, kind) => {
    ctx.strokeStyle = sideColour(kind & 1);
    ctx.lineWidth = kind > 1 ? 2 : 1.4;
    ctx.setLineDash(DASHES[kind]);
    ctx.stroke(path);
  });
  ctx.setLineDash([]);
}

function ordersAt(left, top) {
  const { orders, pricePlaces, quantityPlaces } = market.symbol, u = ladders.u;
  const time = u.posToVal(left, "x"), slack = u.posToVal(4, "x") - u.posToVal(0, "x");
  let best = -1, distance = 8;
  ordersShown(i => {
    if (orders.time[i] - slack > time || orders.until[i] + slack < time) return;
    const far = Math.abs(u.valToPos(orders.price[i], "y") - top);
    if (far < distance) [best, distance] = [i, far];
  });
  if (best < 0) return [];
  const level = orders.level[best];
  return [
    `${SIDES[orders.side[best]]} ${level < 0 ? "take-profit" : `level ${level}`}`,
    `${figure(orders.quantity[best], quantityPlaces)} at ${figure(orders.price[best], pricePlaces)}`,
    `from ${moment(orders.time[best])}`,
    `to ${moment(orders.until[best])} (${lasting(orders.lasted[best])})`,
  ];
}

function tellLadders(time) {
  const { orders, pricePlaces } = market.symbol, found = [[], []];
  const last = lastUpTo(orders.time, time);
  for (let i = 0; i <= last; i++) if (orders.until[i] > time) found[orders.side[i]].push(i);
  const tell = side => {
    const profit = found[side].find(i => orders.level[i] < 0), resting = found[side].filter(i => orders.level[i] >= 0);
    const next = resting.length ? `, next level at ${figure(orders.price[resting[0]], pricePlaces)}` : "";
    return `${SIDES[side]} take-profit ${profit === undefined ? "–" : figure(orders.price[profit], pricePlaces)}${next}`;
  };
  return [toMinute(time), tell(0), tell(1)];
}

// --- levels held ---

const levelsAt = (side, time) => {
  const { time: times, levels } = market.symbol.depth[side], i = lastUpTo(times, time);
  return i < 0 ? 0 : levels[i];
};

function depthReach() {
  const reach = side => {
    const { time, levels } = market.symbol.depth[side];
    let most = Math.max(2, levelsAt(side, span.min));
    const last = lastUpTo(time, span.max);
    for (let i = lastUpTo(time, span.min) + 1; i <= last; i++) most = Math.max(most, levels[i]);
    return most;
  };
  return [-reach(1) - 0.5, reach(0) + 0.5];
}

function drawDepth(ctx, place) {
  drawSteps(ctx, place, 0, 1);
  drawSteps(ctx, place, 1, -1);
  ctx.strokeStyle = colour("soft");
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(0, place.y(0));
  ctx.lineTo(place.width, place.y(0));
  ctx.stroke();
  for (const sign of [1, -1]) level(ctx, place, sign * market.symbol.mostLevels, "", "danger");
}

function drawSteps(ctx, place, side, sign) {
  if (!market.shows[side ? "short" : "long"]) return;
  const { time, levels } = market.symbol.depth[side];
  const first = lastUpTo(time, span.min), last = lastUpTo(time, span.max), end = Math.min(span.max, replay.end);
  let y = place.y(sign * (first < 0 ? 0 : levels[first]));
  const path = new Path2D();
  path.moveTo(place.x(Math.max(span.min, replay.start)), y);
  for (let i = first + 1; i <= last; i++) {
    const x = place.x(time[i]);
    path.lineTo(x, y);
    path.lineTo(x, (y = place.y(sign * levels[i])));
  }
  path.lineTo(place.x(end), y);
  ctx.strokeStyle = ctx.fillStyle = sideColour(side);
  ctx.lineWidth = 1.2;
  ctx.stroke(path);
  path.lineTo(place.x(end), place.y(0));
  path.lineTo(place.x(Math.max(span.min, replay.start)), place.y(0));
  ctx.globalAlpha = 0.3;
  ctx.fill(path);
  ctx.globalAlpha = 1;
}

let ladders = null;
function drawLadderPlots() {
  ladders = chart({
    name: "ladders", tall: 380, reach: ladderReach, draw: drawLadders, reading: tellLadders, hover: ordersAt,
  });
  chart({
    name: "depth", tall: 190, reach: depthReach, draw: drawDepth,
    labels: (u, ticks) => ticks.map(count => String(Math.abs(count))),
    reading: time => [
      toMinute(time), ...[0, 1].map(side => `${SIDES[side]} ${levelsAt(side, time)} of ${market.symbol.mostLevels}`),
    ],
  });
}
