import { readFileSync } from 'node:fs';
import type { SourceFile } from '../../src/mapping/compile.js';

const NAMES = ['queues.yaml', 'topics.yaml', 'statuses.yaml', 'settings.yaml', 'texts/en.yaml', 'texts/ru.yaml', 'texts/kk.yaml'];

/** The mappings that come with the product, some of them replaced (or left out, where the text is undefined). */
export function shippedFiles(replaced: Readonly<Record<string, string | undefined>> = {}): readonly SourceFile[] {
  return [...new Set([...NAMES, ...Object.keys(replaced)])].flatMap((name) => {
    const text = name in replaced ? replaced[name] : readFileSync(new URL(`../../mappings/${name}`, import.meta.url), 'utf8');
    return text === undefined ? [] : [{ path: `mappings/${name}`, text }];
  });
}

export function shipped(name: string): string {
  return shippedFiles().find((file) => file.path === `mappings/${name}`)?.text ?? '';
}
