// The replay, as the page carries it: columns, times as steps from one to the next.

const SIDES = ["LONG", "SHORT"];
const SHORT = 1, MAKER = 2, FORCED = 4, TAKE_PROFIT = -1;

const replay = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const times = steps => {
    let time = data.start;
    return Float64Array.from(steps, step => (time += step));
  };
  const plus = (from, lasted) => Float64Array.from(from, (time, i) => time + lasted[i]);

  for (const symbol of data.symbols) {
    symbol.bars.time = times(symbol.bars.time);
    symbol.fills.time = times(symbol.fills.time);
    symbol.orders.time = times(symbol.orders.time);
    symbol.orders.until = plus(symbol.orders.time, symbol.orders.lasted);
    for (const depth of symbol.depth) depth.time = times(depth.time);
  }
  data.samples.time = times(data.samples.time);
  const cycles = data.cycles;
  cycles.closed = times(cycles.closed);
  cycles.opened = plus(cycles.closed, cycles.lasted.map(lasted => -lasted));
  return data;
})();

// Index of the last of the rising `values` that is not above `value`; -1 if all are.
function lastUpTo(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
