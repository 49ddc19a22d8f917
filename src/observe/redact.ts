/** What belongs here: how people see what the bridge does: logs, metrics, health. This file: what must never be seen. */

/** What a bot token looks like, whoever's it is: digits, a colon, at least 30 characters. */
const BOT_TOKEN = /\d+:[\w-]{30,}/gu;
const HIDDEN = '[redacted]';

/** Shorter secrets would blank out half of every line. The config refuses them; this is the second line of defence. */
const SECRET_LENGTH_MIN = 4;

/** A function that blanks out the secrets, also as JSON or a URL writes them, and everything that looks like a bot token. */
export function createRedaction(secrets: readonly string[]): (line: string) => string {
  const written = new Set(secrets.filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString('base64')]));
  // Longest first: one secret may be the beginning of another.
  const all = [...written].sort((a, b) => b.length - a.length);
  return (line) => all.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line).replace(BOT_TOKEN, HIDDEN);
}
