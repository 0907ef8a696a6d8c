/** How the report page looks. */
export const styles = `
:root {
  color-scheme: light dark;
  --page: #fdfdfc; --ink: #1d2129; --quiet: #626b78; --rule: #dfe2e6; --panel: #f4f5f6;
  --line-0: #0d6e6e; --line-1: #c2410c; --line-2: #7c3aed; --line-3: #a16207; --warn: #9a3412;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --ink: #e4e7eb; --quiet: #9aa4b2; --rule: #2c323b; --panel: #1c2027;
    --line-0: #3fd0c5; --line-1: #fb923c; --line-2: #b79cfb; --line-3: #e3c04d; --warn: #fdba74;
  }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 48px 20px 64px; }
h1 { margin: 0 0 12px; font-size: 32px; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 44px 0 12px; font-size: 19px; }
.lead { max-width: 68ch; margin: 0 0 24px; }
.partial { padding: 10px 14px; border-left: 4px solid var(--warn); background: var(--panel); }
figure { margin: 28px 0 0; }
figure > svg { width: 100%; height: auto; color: var(--ink); overflow: visible; }
figcaption, .note { max-width: 80ch; margin: 8px 0 0; color: var(--quiet); font-size: 14px; }
.legend { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 4px 24px; margin: 0 0 16px; padding: 0; list-style: none; font-size: 14px; }
.legend li { display: flex; align-items: center; gap: 10px; }
.legend svg { flex: none; fill: none; }
.legend b { flex: none; min-width: 3.9em; }
.wide { overflow-x: auto; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: 0 32px; }
.key { display: inline-flex; align-items: center; gap: 6px; margin-right: 16px; }
.key svg { flex: none; fill: none; }
pre { overflow-x: auto; margin: 0; padding: 14px 16px; background: var(--panel); font: 13px/1.5 ui-monospace, monospace; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 6px; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
thead th { color: var(--quiet); font-size: 13px; font-weight: 500; white-space: nowrap; }
td { min-width: 58px; }
th:first-child { padding-left: 0; text-align: left; }
tbody th { font-weight: 600; white-space: nowrap; }
tbody th i { display: inline-block; width: 10px; height: 10px; margin-right: 8px; border-radius: 3px; }
td b { font-size: 17px; font-weight: 600; }
td small { display: block; color: var(--quiet); font-size: 11.5px; line-height: 1.4; white-space: nowrap; }
.open { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 24px; margin: 0; font-size: 14.5px; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
dd small { color: var(--quiet); font-size: 12px; }
code { font: 0.92em ui-monospace, monospace; }
@media (max-width: 560px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 10px; } .legend { grid-template-columns: 1fr; } }
`;
