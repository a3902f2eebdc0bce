// Where everything lies in the process that runs a function: fixed addresses, so that pointers are the
// same numbers on both sides and results can be compared as bytes. All of it is below 2 GiB, where the
// small code model reaches.

/**
 * Memory behind pointer arguments. What lies around it is not mapped: a stray access is seen. Made-up pointers lead
 * to its middle, so that what is indexed or lies before a pointer is there, too.
 */
export const arena = { address: 0x2000_0000, bytes: 16384 };
export const pointed = { from: 512, to: 8192 };
/** Stands in for external variables: each has `globalBytes`. */
export const globals = { address: 0x1000_0000, most: 32 };
export const globalBytes = 256;
/** Data of the assembly file itself: strings, tables, variables. A side may have constants of its own instead. */
export const data = { address: 0x1100_0000, bytes: 1 << 24 };
/** As that data was before the first input. */
export const savedData = { address: 0x4000_0000 };
export const stubsAddress = 0x1200_0000;
/** Code and the constants that a side has of its own: an unlikely number, so that addresses are known as such. */
export const image = { address: 0x5a00_0000, bytes: 1 << 24 };
/** Arguments and replies of one input. */
export const input = { address: 0x3000_0000 };
/** What the function did: result and calls. */
export const log = { address: 0x3100_0000 };

/** Registers while a stub runs that must leave them alone. */
export const registers = { address: 0x3200_0000, bytes: 4096 };

export const argumentBytes = 16;
export const mostArguments = 24;
/** A call takes one slot: a word for who was called, seven arguments of 16 bytes. */
export const callBytes = 128;
export const mostLoggedArguments = 7;
/** Bytes of the caller's frame behind a pointer that are compared. */
export const mostPointed = 64;
export const mostCalls = 32;
/** Replies of stubs by class, each `replyCount` of 8 bytes, used in turn. */
export const replyClasses = ['integer', 'pointer', 'double', 'float'] as const;
export const replyCount = 16;
/** Values for places in the file's own variables, and whether this input has any. */
export const mostPatches = 64;
export const patchesAt = argumentBytes * mostArguments + replyClasses.length * replyCount * 8;
export const inputBytes = patchesAt + 8 + mostPatches * 8;
/** Stack bounds (2 words), number of calls, bytes of the file's data, result (64 bytes), then the calls. */
export const logHead = 32;
export const resultBytes = 64;
export const logBytes = logHead + resultBytes + callBytes * mostCalls;
/** Exit codes of the driver. */
export const endOfInputs = 0;
/** A callee that never comes back ended it, and everything was written. */
export const endedByCallee = 78;
export const tooManyCalls = 77;

/** How far below and above the driver's frame an address counts as the stack. */
export const stackReach = 1 << 22;

/** How far below the driver's frame the stack is empty when the function is called. */
export const clearedStack = 1 << 14;
