/** Filling `${NAME}` and `${NAME:-default}` of a config file from the environment. */
import { isNode, isPair, isScalar, isSeq, visit, type Pair } from 'yaml';
import type { Path, Problem, YamlFile } from '../mapping/yaml-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

/**
 * Changes the values of `file` in place. An empty variable counts as unset. A variable `NAME` that is unset is read from the file that
 * `NAME_FILE` names (how container platforms hand over secrets). Messages never hold a value.
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

function valueOf(name: string, env: Environment, readFile: (path: string) => string): { value?: string; problem?: string } {
  const value = env[name];
  if (value !== undefined && value !== '') return { value };
  const path = env[`${name}_FILE`];
  if (path === undefined || path === '') return {};
  try {
    return { value: readFile(path).trim() };
  } catch {
    return { problem: `the file that the environment variable ${name}_FILE names cannot be read` };
  }
}
