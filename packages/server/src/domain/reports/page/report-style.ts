import { Html } from "./html.ts";

/** Light, self-contained, for A4 as for a screen. */
export const REPORT_STYLE = new Html(`<style>
@page { size: A4; margin: 14mm 14mm 16mm; }
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0; background: #eef1f4; color: #1c2733; font: 14px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 210mm; margin: 24px auto; padding: 14mm; background: #fff; box-shadow: 0 1px 6px #0002; }
header { display: flex; justify-content: space-between; gap: 24px; border-bottom: 2px solid #1c2733; padding-bottom: 10px; }
header p { margin: 0; color: #5a6775; font-size: 12px; text-align: right; }
h1 { margin: 0; font-size: 25px; line-height: 1.2; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { margin: 28px 0 8px; font-size: 15px; break-after: avoid; }
.kind { margin: 0 0 2px; font-size: 11px; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; color: #5a6775; text-align: left; }
.outcome { margin: 16px 0; padding: 11px 14px; border-left: 5px solid #5a6775; background: #f4f6f8; font-size: 16px; font-weight: 600; break-inside: avoid; }
.outcome small { display: block; font-size: 13px; font-weight: 400; }
.good { border-color: #1c7c43; background: #ecf7f0; } .poor { border-color: #b26a00; background: #fdf5e6; } .bad { border-color: #b3261e; background: #fcefee; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; margin: 16px 0; break-inside: avoid; }
.figures div { padding: 10px 12px; border: 1px solid #d7dde3; border-radius: 6px; }
.figures span { display: block; font-size: 11px; color: #5a6775; }
.figures b { display: block; font-size: 21px; line-height: 1.35; white-space: nowrap; }
table { width: 100%; border-collapse: collapse; font-size: 12.5px; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { padding: 5px 8px 5px 0; border-bottom: 1px solid #1c2733; font-size: 11px; font-weight: 600; color: #5a6775; text-align: left; white-space: nowrap; }
td { padding: 5px 8px 5px 0; border-bottom: 1px solid #e3e8ec; vertical-align: top; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.t { white-space: nowrap; font-variant-numeric: tabular-nums; }
td small { display: block; color: #5a6775; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin: 0; font-size: 12.5px; }
.facts dt { color: #5a6775; } .facts dd { margin: 0; overflow-wrap: anywhere; }
.state { font-weight: 600; white-space: nowrap; } .is-good { color: #1c7c43; } .is-poor { color: #955600; } .is-bad { color: #b3261e; }
.bar { display: block; position: relative; width: 100%; height: 9px; margin-top: 5px; border-radius: 3px; background: #eef1f4; }
.bar i { position: absolute; height: 100%; min-width: 2px; border-radius: 3px; background: #3b6ea5; }
.error { color: #b3261e; }
.none { margin: 0; color: #5a6775; font-size: 12.5px; }
code { font: 11.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.seal { margin-top: 30px; padding: 12px 14px; border: 1px solid #d7dde3; border-radius: 6px; break-inside: avoid; }
.seal h2 { margin-top: 0; } .seal p { margin: 8px 0 0; font-size: 12px; color: #5a6775; }
.journal { font-size: 11px; } .journal td { padding-top: 3px; padding-bottom: 3px; }
@media print { body { background: none; font-size: 12px; } main { max-width: none; margin: 0; padding: 0; box-shadow: none; } h2 { margin-top: 20px; } }
</style>`);
