/** The style of the page, light or dark as the reader's system is. */
export const style = `
:root { --paper: #fdfdfb; --ink: #1d2433; --soft: #667085; --line: #e4e4de; --accent: #2f6fde; color-scheme: light dark }
@media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e6e8ec; --soft: #98a1b0; --line: #2b3039; --accent: #7aa7ff } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 78rem; margin: 0 auto; padding: 2rem 1.25rem 5rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.35rem; margin: 0 0 .25rem; text-transform: capitalize }
h3 { font-size: 1rem; margin: 0 }
p { max-width: 46rem; margin: .4rem 0 }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1.1rem; margin: 1.2rem 0 }
a { color: var(--accent) }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.8rem }
article { display: flex; flex-wrap: wrap; gap: 1rem 3rem; align-items: flex-start; margin: 1.6rem 0 2.4rem }
h3 { flex-basis: 100% }
.note { color: var(--soft); font-size: .87rem }
.table { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem }
th, td { padding: .35rem .9rem .35rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child { text-align: left; font-weight: 400; padding-right: 2rem }
thead th { font-weight: 600 }
.baseline { text-decoration: underline; text-underline-offset: .25em }
td small { display: block; color: var(--soft); font-size: .78rem }
th small { color: var(--soft) }
td b { color: var(--accent); font-weight: 600 }
svg { flex: 1 1 26rem; min-width: 0; max-width: 36rem; font: 12px system-ui, sans-serif }
svg text { fill: var(--soft) }
svg .title { fill: var(--ink); font-size: 13px; font-weight: 600 }
svg .grid { stroke: var(--line) }
`
