// The results of fault runs as a table, for people and for docs/reliability.md. Plain JavaScript, so that run.mjs can print it.

const HEADS = ['fault', 'helpdesk', 'intake', 'kills', 'messages', 'lost', 'doubled', 'reordered', 'answers', 'lost', 'repeated', 'of in flight', 'reordered', 'seconds'];

function cellsOf(result) {
  const { toHelpdesk: up, toTelegram: down } = result;
  return [
    result.name, result.helpdesk, result.mode, result.kills, result.messages, up.lost, up.doubled, up.reordered,
    result.answers, down.lost, down.doubled, result.inFlight, down.reordered, result.seconds === null ? 'never' : result.seconds.toFixed(1),
  ].map(String);
}

export function toPlainTable(results) {
  const rows = [HEADS, ...results.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '));
  const broken = results.flatMap((result) => result.broken.map((what) => `BROKEN  ${result.name} (${result.helpdesk}): ${what}`));
  return [...lines, ...broken].join('\n');
}

export function toMarkdownTable(results) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(HEADS), `|---|---|---|${'---:|'.repeat(HEADS.length - 3)}`, ...results.map((result) => line(cellsOf(result)))].join('\n');
}
