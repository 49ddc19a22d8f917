import { describe, expect, it } from '@jest/globals';
import { compileMapping } from '../../src/mapping/compile.js';
import { shipped, shippedFiles } from './files.js';

function problems(replaced: Readonly<Record<string, string | undefined>>): readonly string[] {
  return compileMapping(shippedFiles(replaced)).problems
    .map(({ file, line, column, path, message, level }) => `${level} ${file}:${line}:${column} ${path}: ${message}`);
}

const CASES: readonly { name: string; file: string; text: string | undefined; out: readonly (string | RegExp)[] }[] = [
  { name: 'a queue that does not exist', file: 'topics.yaml', text: shipped('topics.yaml').replace('queue: Security', 'queue: Securty'),
    out: ['error mappings/topics.yaml:22:5 topics.security.queue: no queue "Securty" in queues.yaml; did you mean "Security"?'] },
  { name: 'a default topic that does not exist', file: 'topics.yaml', text: shipped('topics.yaml').replace('default: question', 'default: questions'),
    out: ['error mappings/topics.yaml:5:1 default: no topic "questions" in this file; did you mean "question"?'] },
  { name: 'an unknown key', file: 'topics.yaml', text: shipped('topics.yaml').replace('priority: high', 'prioriti: high'),
    out: ['error mappings/topics.yaml:23:5 topics.security.prioriti: unknown key "prioriti"; did you mean "priority"?'] },
  { name: 'a value that is not in the list', file: 'topics.yaml', text: shipped('topics.yaml').replace('priority: high', 'priority: top'),
    out: [/^error mappings\/topics\.yaml:23:5 topics\.security\.priority: must be one of low, normal, high, urgent/] },
  { name: 'a missing title', file: 'topics.yaml', text: shipped('topics.yaml').replace(', kk: Сұрақ', ''),
    out: ['warning mappings/topics.yaml:9:5 topics.question.title: has no title in kk'] },
  { name: 'several mistakes in one file', file: 'queues.yaml', text: 'default: Suport\nqueues:\n  Support: { answerWithinMinutes: 0 }\n  Security: { answerwithinminutes: 5 }\n',
    out: [/queues\.yaml:3:14 queues\.Support\.answerWithinMinutes: /, /queues\.yaml:4:15 queues\.Security\.answerwithinminutes: unknown key.*did you mean "answerWithinMinutes"/] },
  { name: 'a missing file', file: 'queues.yaml', text: undefined, out: [/^error queues\.yaml:1:1 : is missing/] },
  { name: 'an empty file', file: 'queues.yaml', text: '', out: [/queues\.yaml:1:1 default: is missing/, /queues\.yaml:1:1 queues: is missing/] },
  { name: 'a key twice', file: 'settings.yaml', text: 'showAgent: none\nshowAgent: none\n', out: [/^error mappings\/settings\.yaml:2:1 : not valid YAML: Map keys must be unique/] },
  { name: 'broken YAML', file: 'settings.yaml', text: 'showAgent: [none\n', out: [/^error mappings\/settings\.yaml:2:1 : not valid YAML: /] },
  { name: 'an alias bomb', file: 'settings.yaml', text: `a: &a [x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]\n`, out: [/uses too many aliases/] },
  { name: 'a language without texts', file: 'settings.yaml', text: 'defaultLocale: de\n', out: ['error mappings/settings.yaml:1:1 defaultLocale: there is no texts/de.yaml; languages with texts: en, ru, kk'] },
  { name: 'a wrong phase', file: 'statuses.yaml', text: 'statuses:\n  stalled: waiting\n', out: [/statuses\.yaml:2:3 statuses\.stalled: must be one of new, open/] },
  { name: 'an unknown text', file: 'texts/ru.yaml', text: `${shipped('texts/ru.yaml')}\nrecipt: x\n`, out: [/texts\/ru\.yaml:\d+:1 recipt: unknown key "recipt"; did you mean "receipt"\?/] },
  { name: 'a missing text', file: 'texts/ru.yaml', text: shipped('texts/ru.yaml').replace(/^language\.name:.*$/m, ''),
    out: ['warning mappings/texts/ru.yaml:4:1 language.name: is missing; the default language is used'] },
  { name: 'a missing text of the default language', file: 'texts/en.yaml', text: shipped('texts/en.yaml').replace(/^language\.name:.*$/m, ''),
    out: [/^error mappings\/texts\/en\.yaml:4:1 language\.name: is missing, and/] },
  { name: 'a parameter that nobody fills', file: 'texts/en.yaml', text: shipped('texts/en.yaml').replace('**{{topic}}**', '**{{title}}**'),
    out: [/^warning mappings\/texts\/en\.yaml:\d+:1 new\.ready: \{\{title\}\} is not filled here; known: \{\{topic\}\}/] },
  { name: 'plural forms where nothing is counted', file: 'texts/en.yaml', text: shipped('texts/en.yaml').replace(/^language\.name:.*$/m, 'language.name: { one: a, other: b }'),
    out: [/language\.name: is not right: expected string/] },
  { name: 'a plural without other', file: 'texts/en.yaml', text: shipped('texts/en.yaml').replace(/^answer\.within\.days:.*$/m, 'answer.within.days: { one: a }'),
    out: [/^error .*answer\.within\.days.*is missing/] },
  { name: 'a menu entry that is too long', file: 'texts/en.yaml', text: shipped('texts/en.yaml').replace(/^commands\.new:.*$/m, `commands.new: ${'x'.repeat(101)}`), out: [/commands\.new: must be at most 100 characters/] },
  { name: 'a text cut short by a number sign', file: 'texts/en.yaml', text: shipped('texts/en.yaml').replace(/^close\.done:.*$/m, 'close.done: Request #{{number}} is closed.'),
    out: [/^warning .*close\.done: ends before " #", where YAML begins a comment/] },
  { name: 'a file that nobody reads', file: 'queue.yaml', text: 'a: 1\n', out: ['warning mappings/queue.yaml:1:1 : is not read; did you mean "queues.yaml"?'] },
];

describe('problems of mappings', () => {
  it.each(CASES)('$name', ({ file, text, out }) => {
    const found = problems({ [file]: text });
    expect(found).toEqual(out.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))));
  });

  it('come all at once, from all files', () => {
    const found = problems({ 'queues.yaml': 'default: 1\n', 'settings.yaml': 'showAgent: nobody\nlanguage: x\n', 'statuses.yaml': 'statuses: { a: b }\n', 'texts/kk.yaml': '- a\n' });
    expect(new Set(found.map((each) => /mappings\/([\w/]+)\.yaml/.exec(each)?.[1]))).toEqual(new Set(['queues', 'settings', 'statuses', 'texts/kk']));
  });

  it('leave no mapping when one is an error, and one when all are warnings', () => {
    expect(compileMapping(shippedFiles({ 'settings.yaml': 'defaultLocale: de\n' })).mapping).toBeUndefined();
    expect(compileMapping(shippedFiles({ 'queue.yaml': '' })).mapping).toBeDefined();
  });
});
