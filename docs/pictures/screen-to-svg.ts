/** Size of one character. px */
const WIDTH = 8.4;
const HEIGHT = 18;
const MARGIN = 16;

/** Colours of the eight of ECMA-48, readable on the dark ground. */
const COLOURS = ["#484f58", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#e6edf3"] as const;
const FOREGROUND = "#e6edf3";
const BACKGROUND = "#0d1117";

const ESC = String.fromCharCode(0x1b);
const SGR_OR_TEXT = new RegExp(`${ESC}\\[([\\d;]*)m|[^${ESC}]+`, "g");

interface Style {
  readonly colour: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
}
const PLAIN: Style = { colour: FOREGROUND, isBold: false, isDim: false };

/**
 * Draws the lines of a terminal as SVG.
 * @param lines text with SGR sequences (ECMA-48 section 8.3.117), no other control characters.
 */
export function screenToSvg(lines: readonly string[], columns: number, title: string): string {
  const width = Math.ceil(columns * WIDTH + 2 * MARGIN);
  const height = lines.length * HEIGHT + 2 * MARGIN;
  let style = PLAIN;
  const texts = lines.map((line, row) => {
    let column = 0;
    const spans = [...line.matchAll(SGR_OR_TEXT)].map(([text, codes]) => {
      if (codes !== undefined) {
        style = codes.split(";").reduce((before, code) => applyCode(before, Number(code)), style);
        return "";
      }
      const span = spanOf(text, MARGIN + column * WIDTH, style);
      column += [...text].length;
      return span;
    });
    return `<text y="${MARGIN + (row + 0.75) * HEIGHT}">${spans.join("")}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${texts.join("\n")}
</g>
</svg>
`;
}

function spanOf(text: string, x: number, { colour, isBold, isDim }: Style): string {
  if (text.trim() === "") return "";
  const weight = isBold ? ' font-weight="bold"' : "";
  const opacity = isDim ? ' opacity="0.65"' : "";
  // Not every browser heeds xml:space: no-break spaces keep their width in all of them.
  const shown = escapeXml(text).replaceAll(" ", "\u00a0");
  const length = ([...text].length * WIDTH).toFixed(1);
  return `<tspan x="${x.toFixed(1)}" textLength="${length}" fill="${colour}"${weight}${opacity}>${shown}</tspan>`;
}

function applyCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 39) return { ...style, colour: FOREGROUND };
  const colour = COLOURS[code >= 90 ? code - 90 : code - 30];
  return colour === undefined ? style : { ...style, colour };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
