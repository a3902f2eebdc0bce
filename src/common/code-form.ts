// How code stands in prompts and answers of a model: in the normal form that src/tasks/normal-form/ makes, or
// as the compiler writes it. A GGUF file says it under one key; without the key it is as the compiler writes it.

export const codeForms = ['normal', 'full'] as const;
export type CodeForm = (typeof codeForms)[number];

/** The key in a GGUF file's metadata. */
export const codeFormKey = 'ozma.form';
