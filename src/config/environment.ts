/** Filling `${NAME}` and `${NAME:-default}` of a config file from the environment. */
import { isNode, isPair, isScalar, isSeq, visit, type Pair } from 'yaml';
import type { Path, Problem, YamlFile } from '../mapping/yaml-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

/**
 * Changes the values of `file` in place. An empty variable counts as unset. A variable `NAME` may be given by the file that `NAME_FILE` names
 * instead (how container platforms hand over secrets). Messages hold names of variables, never a value, nor the name of a file.
 */
export function fillEnvironment(file: YamlFile, env: Environment, readFile: (path: string) => string): readonly Problem[] {
  const problems: Problem[] = [];
  visit(file.document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const path = pathOf([...ancestors, node]);
      const filled = node.value.replace(VARIABLE, (_whole, name: string, fallback: string | undefined) => {
        const { value, problem } = valueOf(name, env, readFile);
        if (problem !== undefined) problems.push(file.problemAt(path, problem));
        else if (value === undefined && fallback === undefined) {
          problems.push(file.problemAt(path, `the environment variable ${name} is not set; set it, or ${name}_FILE to a file that holds it`));
        }
        return value ?? fallback ?? '';
      });
      if (/\$\{/.test(node.value.replace(VARIABLE, ''))) problems.push(file.problemAt(path, 'has a ${ that is not ${NAME} or ${NAME:-default}'));
      node.value = filled;
    },
  });
  return problems;
}

/** The keys and indexes from the root to the last of these nodes. */
function pathOf(ancestors: readonly unknown[]): Path {
  return ancestors.flatMap((each, index): Path => {
    const next = ancestors[index + 1];
    if (isPair(each)) return [keyOf(each)];
    return isSeq(each) && (isNode(next) || isPair(next)) ? [each.items.indexOf(next)] : [];
  });
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

interface Found {
  readonly value?: string;
  /** What is wrong, without any value. */
  readonly problem?: string;
}

/** Set twice is a mistake too: an old secret in one place would win over the new one in the other without a word. */
function valueOf(name: string, env: Environment, readFile: (path: string) => string): Found {
  const value = env[name] ?? '';
  const path = env[`${name}_FILE`] ?? '';
  if (value !== '' && path !== '') return { problem: `both environment variables ${name} and ${name}_FILE are set; unset one of them` };
  if (path !== '') return readValue(`${name}_FILE`, path, readFile);
  return value === '' ? {} : { value };
}

/** Editors and `echo` end a file with a line break, which is no part of the value. */
function readValue(variable: string, path: string, readFile: (path: string) => string): Found {
  try {
    const value = readFile(path).replace(/\r?\n$/, '');
    return value === '' ? { problem: `the file that the environment variable ${variable} names is empty` } : { value };
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? ` (${String(thrown.code)})` : '';
    return { problem: `the file that the environment variable ${variable} names cannot be read${code}` };
  }
}
