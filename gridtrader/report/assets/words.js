// How figures and times are written; times are UTC.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const MINUS = "\u2212";
const formats = new Map();

function figure(value, places, signed = false) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (!formats.has(places)) {
    formats.set(places, new Intl.NumberFormat("en-US", { minimumFractionDigits: places, maximumFractionDigits: places }));
  }
  const text = formats.get(places).format(Math.abs(value));
  const isZero = !/[1-9]/.test(text);
  return (isZero ? "" : value < 0 ? MINUS : signed ? "+" : "") + text;
}

// A new element with these properties and children.
function element(name, properties, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const moment = ms => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const toMinute = ms => moment(ms).slice(0, 16);

function lasting(ms) {
  const units = [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"], [SECOND, "s"]];
  const at = Math.max(0, units.findIndex(([size]) => ms >= size));
  if (ms < SECOND) return "0 s";
  const [size, unit] = units[at], [smaller, below] = units[at + 1] || [1, ""];
  const rest = Math.floor((ms % size) / smaller);
  return `${Math.floor(ms / size)} ${unit}` + (below && rest ? ` ${rest} ${below}` : "");
}

// Labels of the time axis: what changes from tick to tick, and below it the rest where that changes.
function timeLabels(u, ticks, axis, space, step) {
  const [upper, lower] = step < DAY
    ? [step < MINUTE ? [11, 19] : [11, 16], [0, 10]]
    : step < 27 * DAY ? [[5, 10], [0, 4]] : [[0, 7], null];
  let before = "";
  return ticks.map(ms => {
    const text = new Date(ms).toISOString();
    const rest = lower ? text.slice(...lower) : "";
    const isNew = rest !== before;
    before = rest;
    return text.slice(...upper) + (rest && isNew ? "\n" + rest : "");
  });
}

function valueLabels(u, ticks, axis, space, step) {
  let places = 0;
  while (places < 10 && Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) > 1e-6) places++;
  return ticks.map(value => figure(value, places));
}
