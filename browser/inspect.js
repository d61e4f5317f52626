// Returns a Finding about the open page. Contrast is that of WCAG 2.2, section 1.4.3.
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // Returns red, green, blue and alpha of a CSS colour, whichever way it is written.
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, bottom, alpha) => [0, 1, 2].map((i) => top[i] * alpha + bottom[i] * (1 - alpha));
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.background = "Canvas";
  const blank = rgba(getComputedStyle(probe).backgroundColor).slice(0, 3);
  probe.remove();
  const parents = (e) => (e ? [...parents(e.parentElement), e] : []);
  const background = (e) =>
    parents(e).reduce((below, p) => {
      const c = rgba(getComputedStyle(p).backgroundColor);
      return over(c, below, c[3]);
    }, blank);
  const faint = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || e.closest("script, style") || !e.checkVisibility()) continue;
    texts++;
    const behind = background(e);
    const color = rgba(getComputedStyle(e).color);
    const opacity = parents(e).reduce((o, p) => o * Number(getComputedStyle(p).opacity), 1);
    const [a, b] = [luminance(over(color, behind, color[3] * opacity)), luminance(behind)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)}:1 ${text.slice(0, 60)}`);
  }
  const pictures = [...document.querySelectorAll("img")].map((img) => {
    const { width, height } = img.getBoundingClientRect();
    const shape = img.naturalWidth / img.naturalHeight || 0;
    return {
      loaded: img.complete && img.naturalWidth > 0,
      width: img.checkVisibility() ? width : 0,
      height,
      stretch: shape && height ? width / height / shape : 0,
      background: luminance(background(img)),
    };
  });
  const links = [...document.querySelectorAll("a[href]")];
  return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    background: luminance(background(document.body)),
    texts,
    faint,
    pictures,
    links: links.map((a) => a.getAttribute("href")),
    nameless: links.filter((a) => !a.innerText.trim()).map((a) => a.getAttribute("href")),
  };
})();
