import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist/', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // The content security policy blocks style attributes; the directive style:name={value} goes through the CSSOM and is allowed.
      'no-restricted-syntax': [
        'error',
        {
          selector: "SvelteAttribute[key.name='style']",
          message: 'write a class, or the directive style:name={value}',
        },
      ],
    },
  },
  {
    files: ['scripts/**', 'e2e/**', 'bench/**', '*.config.*'],
    languageOptions: { globals: { ...globals.node } },
  },
);
