import { describe, expect, it } from '@jest/globals';
import { composeHtml } from '../../../src/web/desk/compose-markup.js';

describe('what an agent types becomes HTML', () => {
  it.each([
    { name: 'lines and paragraphs', in: 'a\nb\n\nc', out: '<p>a<br>b</p><p>c</p>' },
    { name: 'bold, italic, code', in: '**a b** _c_ *d* `e<f`', out: '<p><b>a b</b> <i>c</i> <i>d</i> <code>e&#60;f</code></p>' },
    { name: 'italic inside bold', in: '**a _b_**', out: '<p><b>a <i>b</i></b></p>' },
    { name: 'signs inside words are signs', in: 'snake_case_name 2*3*4 a_b', out: '<p>snake_case_name 2*3*4 a_b</p>' },
    { name: 'links with a label', in: '[сайт](https://e.kz/a?b=1&c="2")', out: '<p><a href="https://e.kz/a?b=1&#38;c=&#34;2&#34;">сайт</a></p>' },
    { name: 'bare links, without the full stop', in: 'см. https://e.kz/a_b_c.', out: '<p>см. <a href="https://e.kz/a_b_c">https://e.kz/a_b_c</a>.</p>' },
    { name: 'script links are text', in: '[x](javascript:alert(1))', out: '<p>[x](javascript:alert(1))</p>' },
    { name: 'lists between lines', in: 'a:\n- b\n- **c**\nd', out: '<p>a:</p><ul><li>b</li><li><b>c</b></li></ul><p>d</p>' },
    { name: 'numbers', in: '1. a\n2) b', out: '<ol><li>a</li><li>b</li></ol>' },
    { name: 'tags are text', in: '<b>a</b> & <script>', out: '<p>&#60;b&#62;a&#60;/b&#62; &#38; &#60;script&#62;</p>' },
    { name: 'unclosed signs are signs', in: '**a _b `c', out: '<p>**a _b `c</p>' },
  ])('$name', ({ in: typed, out }) => {
    expect(composeHtml(typed)).toBe(out);
  });
});
