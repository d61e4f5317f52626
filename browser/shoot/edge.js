// Returns the height at which the window may end without cutting through a line of the open page.
(() => {
  const boxes = [...document.querySelectorAll("tr, pre")].map((e) => e.getBoundingClientRect());
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    boxes.push(...range.getClientRects());
  }
  let height = innerHeight;
  for (;;) {
    const cut = boxes.find((b) => b.top < height && height < b.bottom);
    if (!cut) return Math.floor(height);
    height = cut.top;
  }
})();
