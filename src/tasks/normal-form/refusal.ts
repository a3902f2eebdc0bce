// Said of text that has no normal form: a target with another memory layout, an instruction that could not
// be read. Data builders count these; nothing is guessed.

export class NormalFormRefusal extends Error {
  override readonly name = 'NormalFormRefusal';
}
