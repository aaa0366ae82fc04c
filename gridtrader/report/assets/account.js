// The account over time: equity, margin, maintenance-margin rate. Every value holds until the next one's time.

const account = (() => {
  const { time, equity, lowest, margin, rate } = replay.samples;
  const held = values => (values.length ? [...values, values.at(-1)] : [replay.balance, replay.balance]);
  const nothing = values => (values.length ? [...values, values.at(-1)] : [0, 0]);
  return {
    time: time.length ? [...time, Math.max(replay.end, time.at(-1) + 1)] : [replay.start, replay.end + 1],
    equity: held(equity),
    lowest: held(lowest),
    margin: nothing(margin),
    rate: nothing(rate),
  };
})();
const LIQUIDATION = 100;
const MOST_RATE = 120;  // a rate above is drawn at the edge

const steppedPaths = uPlot.paths.stepped({ align: 1 });
const line = (name, width = 1.6) => ({
  stroke: () => colour(name), width, paths: steppedPaths, points: { show: false },
});
const faded = name => u => {
  const [red, green, blue] = [1, 3, 5].map(at => parseInt(colour(name).slice(at, at + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, 0.22)`;
};

function reachOf(...columns) {
  let low = Infinity, high = -Infinity;
  const last = lastUpTo(account.time, span.max);
  for (let i = Math.max(0, lastUpTo(account.time, span.min)); i <= last; i++) {
    for (const values of columns) {
      if (values[i] === null) continue;
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
  }
  return [low, high];
}

const sampleAt = time => Math.max(0, Math.min(lastUpTo(account.time, time), account.time.length - 2));

function tellSample(time, tell) {
  const i = sampleAt(time);
  return [toMinute(account.time[i]), ...tell(i)];
}

function drawAccountPlots() {
  chart({
    name: "equity", tall: 240, columns: [account.time, account.equity, account.lowest],
    series: [line("equity"), line("equity", 0.6)],
    bands: [{ series: [1, 2], fill: faded("equity") }],
    reach: () => {
      const [low, high] = reachOf(account.lowest, account.equity);
      return roomy([Math.min(low, replay.balance), Math.max(high, replay.balance)]);
    },
    draw: (ctx, place) => level(ctx, place, replay.balance, "opening balance", "soft"),
    reading: time => tellSample(time, i => {
      const gain = account.equity[i] - replay.balance;
      return [`equity ${figure(account.equity[i], 2)} (${figure(gain, 2, true)})`,
        `lowest ${figure(account.lowest[i], 2)}`];
    }),
  });
  chart({
    name: "margin", tall: 180, columns: [account.time, account.margin],
    series: [{ ...line("price"), fill: faded("price") }],
    reach: () => [0, Math.max(reachOf(account.margin)[1], 0) * 1.08 || 1],
    draw: () => {},
    reading: time => tellSample(time, i => {
      const share = account.equity[i] > 0 ? `, ${figure(account.margin[i] / account.equity[i] * 100, 1)} % of equity` : "";
      return [`margin ${figure(account.margin[i], 2)}${share}`];
    }),
  });
  chart({
    name: "rate", tall: 220, columns: [account.time, account.rate.map(rate => rate && Math.min(rate, MOST_RATE))],
    series: [{ ...line("danger"), fill: faded("danger") }],
    reach: () => [0, Math.max(LIQUIDATION * 1.14, Math.min(MOST_RATE, reachOf(account.rate)[1]))],
    draw: (ctx, place) => {
      level(ctx, place, replay.threshold, `threshold ${figure(replay.threshold, 2)} %`, "ink", true);
      level(ctx, place, LIQUIDATION, "liquidation 100 %", "danger");
    },
    reading: time => tellSample(time, i => [
      `highest ${figure(account.rate[i], 2)} %`, `threshold ${figure(replay.threshold, 2)} %`,
    ]),
  });
}
