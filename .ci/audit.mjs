// Known weaknesses of the packages that the product runs on. Fails on findings of high or above; a registry that cannot be asked is no finding.
import { spawnSync } from 'node:child_process';

const SEVERE = ['high', 'critical'];
const asked = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 120_000 });
const report = parse(asked.stdout ?? '');

if (report?.vulnerabilities === undefined || report.metadata === undefined) {
  const reason = asked.error?.code ?? report?.message ?? report?.error?.summary ?? firstLine(asked.stderr ?? '') ?? 'no answer';
  console.log(`skipped: the registry gives no audit (${reason})`);
} else {
  const found = Object.values(report.vulnerabilities);
  for (const { name, severity, range, via } of found) {
    const titles = via.filter((one) => typeof one === 'object').map((one) => `${one.title} ${one.url}`);
    console.log(`${severity.padEnd(8)} ${name} ${range}${titles.length === 0 ? '' : `: ${titles.join('; ')}`}`);
  }
  const severe = found.filter(({ severity }) => SEVERE.includes(severity)).length;
  console.log(`${found.length} findings, ${severe} of them high or above`);
  if (severe > 0) process.exitCode = 1;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstLine(text) {
  return text.split('\n').find((line) => /audit|error/i.test(line))?.trim().slice(0, 200);
}
