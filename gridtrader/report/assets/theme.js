// Colours of the canvases: those of the style sheet, read again whenever light and dark change places.

const theme = {
  colours: {},
  changed: [],
  read() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "soft", "grid", "card", "long", "short", "price", "equity", "danger"]) {
      theme.colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
  },
  change() {
    theme.read();
    for (const tell of theme.changed) tell();
  },
};

const colour = name => theme.colours[name];
const sideColour = side => colour(side === SHORT ? "short" : "long");

theme.read();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme.change);
addEventListener("beforeprint", () => {
  document.documentElement.dataset.paper = "";
  theme.change();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.paper;
  theme.change();
});
