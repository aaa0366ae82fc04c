// Puts the page together.

function tellLeftOut() {
  const { fillsLeftOut, ordersLeftOut } = market.symbol, note = document.getElementById("note");
  const leftOut = [[fillsLeftOut, "fills"], [ordersLeftOut, "orders that stood only briefly"]]
    .filter(([number]) => number)
    .map(([number, what]) => `${figure(number, 0)} ${what}`);
  note.textContent = `Not drawn, being too many for a file: ${leftOut.join(", ")}.`;
  note.hidden = !leftOut.length;
}

function choose(number) {
  market.symbol = replay.symbols[number];
  const choice = document.getElementById("symbol");
  if (choice) choice.value = String(number);
  tellLeftOut();
  redrawAll();
}

function showCycle(symbol, opened, closed) {
  const room = Math.max((closed - opened) * 0.15, MINUTE);
  choose(symbol);
  span.set(opened - room, closed + room);
  document.getElementById("plots").scrollIntoView();
}

function tellSpan() {
  const from = Math.max(span.min, replay.start), to = Math.min(span.max, replay.end);
  document.getElementById("span").textContent = `${toMinute(from)} – ${toMinute(to)}`;
}

const moves = {
  earlier: () => span.move(-0.5), later: () => span.move(0.5),
  out: () => span.zoom(2), in: () => span.zoom(0.5), all: span.all,
};

for (const button of document.querySelectorAll("[data-span]")) button.onclick = moves[button.dataset.span];
for (const button of document.querySelectorAll("[data-shows]")) {
  button.onclick = () => {
    const name = button.dataset.shows;
    market.shows[name] = !market.shows[name];
    button.setAttribute("aria-pressed", String(market.shows[name]));
    redrawAll();
  };
}
const choice = document.getElementById("symbol");
if (choice) {
  choice.value = "0";
  choice.onchange = () => choose(Number(choice.value));
}

if (market.symbol) {
  drawPrice();
  drawLadderPlots();
  drawAccountPlots();
  tellLeftOut();
}
span.changed.push(redrawAll, tellSpan);
theme.changed.push(recolour);
tellSpan();
new ResizeObserver(() => charts.forEach(one => one.resize())).observe(document.getElementById("plots"));
const list = document.getElementById("cycles");
if (list) listCycles(list, showCycle);
