// The stretch of time that all plots show, and the gestures that change it.

const span = (() => {
  const margin = Math.max((replay.end - replay.start) * 0.01, MINUTE);
  const first = replay.start - margin, last = replay.end + margin;
  const least = Math.min(MINUTE, last - first);
  return {
    min: first,
    max: last,
    changed: [],
    set(from, to) {
      const width = Math.min(Math.max(to - from, least), last - first);
      const start = Math.min(Math.max((from + to - width) / 2, first), last - width);
      if (start === span.min && start + width === span.max) return;
      span.min = start;
      span.max = start + width;
      for (const tell of span.changed) tell();
    },
    all: () => span.set(first, last),
    // Show `factor` times as much, leaving the moment `at` where it is.
    zoom(factor, at = (span.min + span.max) / 2) {
      const width = Math.min(Math.max((span.max - span.min) * factor, least), last - first);
      const start = at - width * (at - span.min) / (span.max - span.min);
      span.set(start, start + width);
    },
    move(share) {
      const by = (span.max - span.min) * share;
      span.set(span.min + by, span.max + by);
    },
    isAll: () => span.min <= first && span.max >= last,
  };
})();

function takeGestures(u) {
  const over = u.over;
  const touches = new Map();
  const timeAt = clientX => u.posToVal(clientX - over.getBoundingClientRect().left, "x");

  over.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    span.zoom(Math.exp(event.deltaY * 0.002), timeAt(event.clientX));
  }, { passive: false });

  over.addEventListener("pointerdown", event => {
    if (event.pointerType === "touch") touches.set(event.pointerId, event.clientX);
  });
  over.addEventListener("pointermove", event => {
    if (!touches.has(event.pointerId)) return;
    const before = [...touches.values()];
    touches.set(event.pointerId, event.clientX);
    const now = [...touches.values()];
    if (now.length === 1) span.move((before[0] - now[0]) / over.clientWidth);
    if (now.length === 2) pinch(before, now);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    over.addEventListener(name, event => touches.delete(event.pointerId));
  }

  // What was under each finger stays under it.
  function pinch(before, now) {
    const [left, right] = [timeAt(Math.min(...before)), timeAt(Math.max(...before))];
    const distance = Math.max(20, Math.abs(now[1] - now[0]));
    if (right <= left) return;
    const perPixel = (right - left) / distance;
    const start = left - (Math.min(...now) - over.getBoundingClientRect().left) * perPixel;
    span.set(start, start + over.clientWidth * perPixel);
  }
}
