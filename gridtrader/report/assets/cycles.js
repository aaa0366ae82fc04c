// The table of cycles: sorted by a click on a heading, a page of rows at a time, a row opens to all of its figures.

const ROWS = 25;

function listCycles(root, show) {
  const { cycles, symbols } = replay;
  const side = i => SIDES[cycles.side[i]];
  const netPlaces = () => (innerWidth < PHONE ? 2 : 4);
  const places = i => symbols[cycles.symbol[i]].pricePlaces + 2;
  // `from`: the least width of the page, in pixels, at which the column has room.
  const columns = [
    { title: "Closed", of: i => cycles.closed[i], text: i => toMinute(cycles.closed[i]) },
    { title: "Symbol", of: i => symbols[cycles.symbol[i]].name, from: 700 },
    { title: "Side", of: i => cycles.side[i], text: side, className: i => `side ${side(i).toLowerCase()}` },
    { title: "Levels", of: i => cycles.levels[i], isFigure: true },
    { title: "Lasted", of: i => cycles.lasted[i], text: i => lasting(cycles.lasted[i]), isFigure: true, from: 700 },
    { title: "Entry value", of: i => cycles.value[i], places: () => 2, isFigure: true, from: 1100 },
    { title: "Average entry", of: i => cycles.entry[i], places, isFigure: true, from: 1100 },
    { title: "Closed at", of: i => cycles.exit[i], places, isFigure: true, from: 1100 },
    { title: "Gross", of: i => cycles.gross[i], places: () => 4, isFigure: true, from: 1000 },
    { title: "Fees", of: i => cycles.fees[i], places: () => 4, isFigure: true, from: 1000 },
    { title: "Funding", of: i => cycles.funding[i], places: () => 4, isFigure: true, from: 1000 },
    { title: "Net", of: i => cycles.net[i], places: netPlaces, isFigure: true, className: i => (cycles.net[i] < 0 ? "loss" : "") },
    { title: "Net %", of: i => cycles.percent[i], places: () => 3, isFigure: true },
  ];
  const plain = (column, i) => (column.places ? figure(column.of(i), column.places(i)) : String(column.of(i)));
  const text = (column, i) => (column.text ? column.text(i) : plain(column, i));
  const order = Array.from(cycles.levels.keys());
  const head = root.querySelector("thead"), body = root.querySelector("tbody"), pages = root.querySelector(".pages");
  let page = 0, sorted = columns[0], isDown = false, isNarrow = null, opened = null;

  function sort(column) {
    isDown = column === sorted ? !isDown : Boolean(column.isFigure);
    sorted = column;
    page = 0;
    opened = null;
    const sign = isDown ? -1 : 1;
    order.sort((a, b) => {
      const [x, y] = [column.of(a), column.of(b)];
      return (x < y ? -sign : x > y ? sign : 0) || a - b;
    });
    draw();
    head.querySelectorAll("button")[columns.filter(fits).indexOf(column)].focus({ preventScroll: true });
  }

  const fits = column => (column.from || 0) <= innerWidth;

  function draw() {
    const shown = columns.filter(fits);
    head.replaceChildren(element("tr", {}, shown.map(heading)));
    const rows = order.slice(page * ROWS, (page + 1) * ROWS);
    body.replaceChildren(...rows.flatMap(i => (i === opened ? [row(i, shown), details(i, shown)] : [row(i, shown)])));
    drawPages();
  }

  function heading(column) {
    const arrow = column === sorted ? (isDown ? " ▼" : " ▲") : "";
    const button = element("button", { type: "button", textContent: column.title + arrow, onclick: () => sort(column) });
    const cell = element("th", { scope: "col", className: column.isFigure ? "figure" : "" }, [button]);
    if (arrow) cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    return cell;
  }

  function row(i, shown) {
    const cells = shown.map((column, at) => {
      const className = `${column.isFigure ? "figure" : ""} ${column.className ? column.className(i) : ""}`.trim();
      if (at) return element("td", { className, textContent: text(column, i) });
      const button = element("button", { type: "button", textContent: text(column, i) });
      button.setAttribute("aria-expanded", String(i === opened));
      return element("td", { className }, [button]);
    });
    return element("tr", { className: i === opened ? "open" : "", onclick: () => {
      opened = i === opened ? null : i;
      draw();
      const at = order.indexOf(i) - page * ROWS;
      body.querySelectorAll("tr:not(.details)")[at].querySelector("button").focus({ preventScroll: true });
    } }, cells);
  }

  function details(i, shown) {
    const all = [
      { title: "Opened", text: () => moment(cycles.opened[i]) }, { title: "Closed", text: () => moment(cycles.closed[i]) },
      ...columns.filter(column => column.title !== "Closed" && !shown.includes(column)),
    ];
    const list = element("dl", {}, all.map(column => element("div", {}, [
      element("dt", { textContent: column.title }), element("dd", { textContent: text(column, i) }),
    ])));
    const button = element("button", { type: "button", textContent: "Show in the plots", onclick: event => {
      event.stopPropagation();
      show(cycles.symbol[i], cycles.opened[i], cycles.closed[i]);
    } });
    return element("tr", { className: "details" }, [element("td", { colSpan: shown.length }, [list, button])]);
  }

  function drawPages() {
    const last = Math.max(0, Math.ceil(order.length / ROWS) - 1);
    const turn = (textContent, label, to) => {
      const button = element("button", { type: "button", textContent, disabled: to === page, onclick: () => {
        page = to;
        opened = null;
        draw();
        const same = [...pages.querySelectorAll("button")].find(one => one.textContent === textContent);
        (same.disabled ? pages.querySelector("button:not(:disabled)") : same).focus({ preventScroll: true });
      } });
      button.setAttribute("aria-label", label);
      return button;
    };
    const first = page * ROWS;
    pages.replaceChildren(
      turn("«", "First page", 0), turn("‹", "Previous page", Math.max(0, page - 1)),
      element("span", {
        textContent: `${first + 1}–${Math.min(first + ROWS, order.length)} of ${figure(order.length, 0)}`,
      }),
      turn("›", "Next page", Math.min(last, page + 1)), turn("»", "Last page", last),
    );
    pages.hidden = last === 0;
  }

  addEventListener("resize", () => {
    const now = columns.filter(fits).length;
    if (now !== isNarrow) draw();
    isNarrow = now;
  });
  isNarrow = columns.filter(fits).length;
  draw();
}
