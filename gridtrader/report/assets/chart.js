// One plot over time. All share the span of time and the pointer; each is drawn only while it can be seen.

const charts = [];
const PHONE = 600, PAPER = 660;
let isPaper = false;

// `tall`: height in pixels on a wide screen; `reach()`: the least and the greatest value shown; `draw(ctx, place)`;
// `reading(time)`: what stands above the plot, in parts; `hover(x, y)`: what stands beside the pointer, as lines;
// `columns`, `series`, `bands`: what uPlot draws itself; `labels`: of the values' axis.
function chart({ name, tall, reach, draw, reading, hover, columns, series = [], bands = [], labels = valueLabels }) {
  const root = document.getElementById(`plot-${name}`);
  const host = root.querySelector(".canvas"), readout = root.querySelector(".reading");
  const tip = element("div", { className: "tip", hidden: true });

  const axis = { stroke: () => colour("soft"), font: FONT, ticks: { stroke: () => colour("grid"), width: 1, size: 4 } };
  const grid = { stroke: () => colour("grid"), width: 1 };
  const options = {
    ...size(),
    ms: 1,
    tzDate: ms => uPlot.tzDate(new Date(ms), "Etc/UTC"),
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: 5 },
      sync: {
        key: "time", setSeries: false, filters: { pub: type => type === "mousemove" || type === "mouseleave" },
      },
      bind: { dblclick: () => () => span.all() },
    },
    scales: { x: { time: true, range: () => [span.min, span.max] }, y: { range: () => reach() } },
    axes: [
      { ...axis, grid: { show: false }, values: timeLabels, size: 40, space: 64 },
      { ...axis, grid, values: labels, size: innerWidth < PHONE ? 54 : 70, space: 28 },
    ],
    series: [{}, ...(columns ? series : [{ paths: () => null, points: { show: false } }])],
    bands,
    hooks: {
      draw: [u => onPlot(u, (ctx, place) => {
        draw(ctx, place);
        stopMark(ctx, place);
      })],
      setSelect: [select],
      setCursor: [point],
    },
  };
  const u = new uPlot(options, columns || [[replay.start, replay.end + 1], [0, 1]], host);
  u.over.append(tip);
  takeGestures(u);
  const self = { u, root, isSeen: true, isStale: false, redraw, resize };
  charts.push(self);
  seen.observe(root);
  read();

  function size() {
    return { width: isPaper ? PAPER : Math.max(200, host.clientWidth), height: innerWidth < PHONE ? Math.round(tall * 0.72 + 30) : tall };
  }

  function resize() {
    if (size().width !== u.width) u.setSize(size());
  }

  function redraw() {
    self.isStale = !self.isSeen;
    if (self.isSeen) {
      u.setScale("x", { min: span.min, max: span.max });
      read();
    }
  }

  function select() {
    const { left, width } = u.select;
    if (width > 0) span.set(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  }

  function point() {
    const { left, top, event } = u.cursor;
    read(left >= 0 ? u.posToVal(left, "x") : undefined);
    const isHere = left >= 0 && event && event.target === u.over;
    const lines = hover && isHere ? hover(left, top) : [];
    tip.hidden = !lines.length;
    if (lines.length) show(lines, left, top);
  }

  function read(time = Math.min(span.max, replay.end)) {
    const parts = reading(Math.min(Math.max(time, replay.start), replay.end - 1));
    readout.replaceChildren(...parts.map(part => element("span", { textContent: part })));
  }

  function show(lines, left, top) {
    const subject = line => (/^(LONG|SHORT) /.test(line) ? "subject" : "");
    tip.replaceChildren(...lines.map(line => element("div", { textContent: line, className: subject(line) })));
    const { clientWidth: width, clientHeight: height } = u.over;
    const x = left + 14 + tip.offsetWidth > width ? left - 14 - tip.offsetWidth : left + 14;
    tip.style.left = `${Math.max(0, Math.min(x, width - tip.offsetWidth))}px`;
    tip.style.top = `${Math.max(0, Math.min(top + 12, height - tip.offsetHeight))}px`;
  }
  return self;
}

const seen = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const one = charts.find(({ root }) => root === entry.target);
    one.isSeen = entry.isIntersecting;
    if (one.isSeen && one.isStale) one.redraw();
  }
}, { rootMargin: "200px" });

let isDue = false;
function redrawAll() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const one of charts) one.redraw();
  });
}

for (const name of ["beforeprint", "afterprint"]) {
  addEventListener(name, () => {
    isPaper = name === "beforeprint";
    for (const one of charts) {
      one.isSeen ||= isPaper;
      one.resize();
      one.redraw();
    }
  });
}

// Colours are asked for while drawing; a hidden plot is drawn anew as well, or it would show the old ones.
function recolour() {
  for (const { u } of charts) u.redraw(true, true);
}
