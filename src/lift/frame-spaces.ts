// Places of a frame are numbers: distances from the stack pointer at entry. What is allocated with a computed
// size lies in a space of its own, far below; distances are from its start.

const spaceSize = 2 ** 32;

/** 0 is the frame itself. */
export const spaceOf = (offset: number): number => Math.round(-offset / spaceSize);
export const spaceStart = (space: number): number => -space * spaceSize;
/** From the start of its space; below lies what was pushed. */
export const distanceOf = (offset: number): number => offset - spaceStart(spaceOf(offset));
export const isVariablePlace = (offset: number): boolean => offset < -spaceSize / 2;
