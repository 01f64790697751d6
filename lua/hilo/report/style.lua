--- report/style.lua: how reports look: on screens from a phone's up, light and dark, and on paper.
return [[
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f4f6f8; --text: #1b1f24; --soft: #565e67; --line: #d4d9df; --accent: #0b57c4; --shade: #4a8fe8;
  --good: #1a6b33; --bad: #b01e1e; --warn: #805000;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --raised: #1e2329; --text: #e4e7eb; --soft: #a3acb6; --line: #363d46; --accent: #8ab8ff; --shade: #3f74c4;
    --good: #6fd08c; --bad: #ff9a92; --warn: #e9b44c;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
  scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); overflow-wrap: break-word; }
.wide { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 .7rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.4rem 0 .5rem; overflow-wrap: anywhere; }
h4 { font-size: .95rem; margin: 1rem 0 .4rem; overflow-wrap: anywhere; }
p { margin: .4rem 0 .8rem; max-width: 48rem; }
a { color: var(--accent); text-underline-offset: .15em; }
code, pre { font: .92em/1.45 ui-monospace, SFMono-Regular, Menlo, "Liberation Mono", "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
pre { margin: .4rem 0 .8rem; padding: .6rem .8rem; background: var(--raised); border-radius: 4px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999rem; top: 0; padding: .5rem 1rem; background: var(--ground); z-index: 2; }
.skip:focus { left: 0; }
header.top { padding: 1.6rem 0 1rem; border-bottom: 1px solid var(--line); }
header.top p { color: var(--soft); margin: .2rem 0 0; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: 0; padding: .6rem 0; }
nav a { display: inline-block; padding: .15rem 0; }
nav { border-bottom: 1px solid var(--line); }
section { padding: 1.5rem 0 .5rem; }
section + section { border-top: 1px solid var(--line); }
footer { border-top: 1px solid var(--line); margin-top: 1.5rem; padding: .8rem 0 2rem; color: var(--soft); font-size: .87rem; }
.soft { color: var(--soft); }
.state { font-weight: 600; white-space: nowrap; }
.finished, .complete { color: var(--good); }
.failed { color: var(--bad); }
.running, .stopped, .pruned, .waiting { color: var(--warn); }
.facts { display: flex; flex-wrap: wrap; gap: .7rem 2.2rem; margin: 0 0 1rem; }
.facts div { min-width: 0; max-width: 24rem; }
.facts dt { color: var(--soft); font-size: .85rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.facts.large dd { font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; max-width: 100%; margin: 0 0 1rem; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: 0 0 .35rem; font-size: .87rem; }
th, td { padding: .22rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: .2rem; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; white-space: nowrap; }
thead th.wrapped { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; max-width: 16rem; }
tbody th { font-weight: 400; }
tbody th code { white-space: nowrap; }
.n { text-align: right; white-space: nowrap; }
.short { white-space: nowrap; }
.best > * { font-weight: 700; }
td.best { font-weight: 700; }
.long { min-width: 11rem; max-width: 34rem; overflow-wrap: anywhere; }
.value { max-width: 24rem; min-width: 7rem; overflow-wrap: anywhere; }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: .15rem 0;
  cursor: pointer; min-height: 24px; text-align: inherit; }
th button::after { content: "\2195"; color: var(--soft); padding-left: .3em; font-weight: 400; }
th[aria-sort=ascending] button::after { content: "\2191"; color: var(--accent); font-weight: 700; }
th[aria-sort=descending] button::after { content: "\2193"; color: var(--accent); font-weight: 700; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1.2rem; margin: 0 0 1rem; }
.figures.two { grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
.figures.samples { grid-template-columns: repeat(auto-fill, minmax(min(45%, 13rem), 1fr)); }
.samples img { display: block; max-width: 100%; height: auto; }
.samples figcaption { overflow-wrap: anywhere; }
.broad { min-width: 40rem; }
.broad svg text { paint-order: stroke; stroke: var(--ground); stroke-width: 3px; stroke-linejoin: round; }
.pair { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; align-items: flex-start; }
.pair > figure { flex: 0 1 31rem; }
.pair > .scroll { flex: 0 1 auto; min-width: 0; }
figure { margin: 0 0 1rem; min-width: 0; }
.figures figure { margin: 0; }
figcaption { padding-bottom: .2rem; color: var(--soft); font-size: .87rem; }
figure svg { display: block; width: 100%; height: auto; max-width: 60rem; color: var(--text); }
.confusion th, .confusion td { padding: .2rem .45rem; border: 1px solid var(--ground); }
.confusion tbody th, .confusion thead th { font-weight: 400; }
.confusion td { text-align: right; min-width: 2.7rem;
  background: color-mix(in srgb, var(--shade) calc(var(--s) * 60%), var(--raised)); }
.confusion td.right { font-weight: 700; }
.confusion thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; vertical-align: top; border: 0; }
.confusion thead th.corner { writing-mode: horizontal-tb; transform: none; vertical-align: bottom; }
.panels { min-width: 34rem; max-width: 64rem; }
.panels img { display: block; width: 100%; height: auto; image-rendering: pixelated; background: #fff; }
.panels .heads { display: grid; grid-template-columns: repeat(4, 1fr); color: var(--soft); font-size: .87rem; }
.legend li { min-width: 0; overflow-wrap: anywhere; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; padding: 0; margin: 0 0 1rem; }
.swatch { display: inline-block; width: 1em; height: 1em; vertical-align: -.12em; margin-right: .4em; border: 1px solid var(--soft); }
details { margin: 0 0 .7rem; }
summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere; }
details[open] > summary { margin-bottom: .5rem; }
.trial { border: 1px solid var(--line); border-radius: 4px; padding: .3rem .8rem; margin: 0 0 .4rem; }
.note + .note { margin-top: .6rem; }
.note pre:last-child { margin-bottom: 0; padding-left: 0; }
.note { border-left: 4px solid var(--warn); padding: .3rem .8rem; background: var(--raised); }
.note.failed { border-color: var(--bad); color: var(--text); }
@media print {
  @page { margin: 14mm 12mm; }
  html { font-size: 9.5pt; }
  .wide { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; }
  .panels, .broad { min-width: 0; }
  table { font-size: min(7.5pt, calc(90pt / var(--n))); max-width: 100%; }
  th, td { padding: .13em .4em; }
  thead th[scope] { white-space: normal; overflow-wrap: anywhere; min-width: 0; }
  tbody th:not(.short), td:not(.n, .short), tbody th code { white-space: normal; overflow-wrap: anywhere; }
  .long, .value { min-width: 0; max-width: none; }
  th button::after { content: none; }
  .confusion { font-size: min(7.5pt, calc(160pt / var(--n))); }
  .confusion th, .confusion td { padding: .1em .25em; min-width: 0; }
  tr, figure, .legend, h2, h3, h4 { break-inside: avoid; }
  h2, h3, h4, summary { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .figures { grid-template-columns: 1fr 1fr; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  .confusion td, .swatch, .panels img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
]]
