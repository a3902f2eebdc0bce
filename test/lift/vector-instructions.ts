// The vector instructions of AArch64 that are run beside the machine; [x1] points into memory. Each row has
// the forms that differ in how its operands are read.

const all = (names: string, ...operands: string[]): string[] =>
  names.split(' ').flatMap((name) => operands.map((text) => `${name} ${text}`));

/** The long forms and, of the upper half, the second ones. */
const halves = (names: string, low: string, high: string): string[] =>
  names.split(' ').flatMap((name) => [`${name} ${low}`, `${name}2 ${high}`]);

const floats = [
  ...all(
    'fadd fsub fmul fdiv fabd fmaxnm fminnm fmax fmin faddp fmaxnmp',
    'v0.4s, v2.4s, v3.4s',
    'v0.2d, v2.2d, v3.2d',
  ),
  ...all('fminnmp fmaxp fminp', 'v0.2s, v2.2s, v3.2s'),
  ...all('fabd fmax fmin', 'd0, d2, d3'),
  ...all('fmla fmls', 'v0.4s, v2.4s, v3.4s', 'v0.2d, v2.2d, v3.d[1]', 's0, s2, v3.s[3]'),
  ...all('fmul', 'v0.4s, v2.4s, v3.s[2]', 'd0, d2, v3.d[1]'),
  ...all('fneg fabs fsqrt frintm frintp frintz frinta frintx frinti frintn', 'v0.4s, v2.4s'),
  ...all('fmaxnmv fminnmv fmaxv fminv', 's0, v2.4s'),
  ...all('faddp fmaxnmp fminnmp fmaxp fminp', 's0, v2.2s'),
  ...all('faddp', 'd0, v2.2d'),
  ...all('fcmeq fcmgt fcmge', 'v0.4s, v2.4s, v3.4s', 'd0, d2, d3', 'v0.2d, v2.2d, #0.0'),
  ...all('fcmlt fcmle', 'v0.4s, v2.4s, #0.0', 'd0, d2, #0.0'),
  ...all('facgt facge', 'v0.2d, v2.2d, v3.2d'),
  ...all('fccmpe', 'd2, d3, #5, gt'),
  ...all('fcvtms fcvtps fcvtas fcvtns', 'w0, s2', 'x0, d2', 'v0.4s, v2.4s', 'd0, d2'),
  ...all('fcvtmu fcvtpu fcvtau fcvtnu', 'x0, s2', 'w0, d2', 'v0.2d, v2.2d'),
  ...all('fcvtzs fcvtzu', 'v0.4s, v2.4s', 'v0.2d, v2.2d, #3'),
  ...all('scvtf ucvtf', 'v0.4s, v2.4s', 'v0.2d, v2.2d, #5', 's0, s2'),
  ...halves('fcvtl', 'v0.2d, v2.2s', 'v0.2d, v2.4s'),
  ...halves('fcvtl', 'v0.4s, v2.4h', 'v0.4s, v2.8h'),
  ...halves('fcvtn', 'v0.2s, v2.2d', 'v0.4s, v2.2d'),
  ...halves('fcvtn', 'v0.4h, v2.4s', 'v0.8h, v2.4s'),
  ...all('fcvt', 's0, h2', 'h0, d2'),
  ...all('fmov', 'v0.4s, #1.5', 'v0.d[1], x2', 'x0, v2.d[1]'),
];

const arithmetic = [
  ...all('add sub', 'v0.4s, v2.4s, v3.4s', 'v0.16b, v2.16b, v3.16b', 'd0, d2, d3'),
  ...all('mul mla mls', 'v0.8h, v2.8h, v3.8h', 'v0.4s, v2.4s, v3.s[3]', 'v0.4h, v2.4h, v3.h[5]'),
  ...all('neg abs', 'v0.16b, v2.16b', 'v0.2d, v2.2d', 'd0, d2'),
  ...all('and orr eor bic orn bsl bit bif', 'v0.16b, v2.16b, v3.16b', 'v0.8b, v2.8b, v3.8b'),
  ...all('orr bic', 'v0.4s, #5, lsl #8', 'v0.8h, #255'),
  ...all('mvn', 'v0.16b, v2.16b'),
  ...all('not', 'v0.8b, v2.8b'),
  ...all('cmeq cmgt cmge', 'v0.8h, v2.8h, v3.8h', 'v0.4s, v2.4s, #0', 'd0, d2, d3'),
  ...all('cmlt cmle', 'v0.16b, v2.16b, #0', 'd0, d2, #0'),
  ...all('cmhi cmhs cmtst', 'v0.16b, v2.16b, v3.16b', 'v0.2d, v2.2d, v3.2d'),
  ...all(
    'smax smin umax umin sabd uabd saba uaba shadd uhadd srhadd urhadd shsub uhsub',
    'v0.16b, v2.16b, v3.16b',
    'v0.2s, v2.2s, v3.2s',
  ),
  ...all('sqadd uqadd sqsub uqsub', 'v0.16b, v2.16b, v3.16b', 'v0.2d, v2.2d, v3.2d', 's0, s2, s3'),
  ...all('sqdmulh sqrdmulh', 'v0.8h, v2.8h, v3.8h', 'v0.4s, v2.4s, v3.s[1]'),
  ...all('sqabs sqneg', 'v0.8h, v2.8h'),
  ...all('cnt rbit', 'v0.16b, v2.16b'),
  ...all('clz cls', 'v0.4s, v2.4s', 'v0.8b, v2.8b'),
  ...all('addp smaxp sminp umaxp uminp', 'v0.16b, v2.16b, v3.16b', 'v0.2s, v2.2s, v3.2s'),
  ...all('addp', 'd0, v2.2d'),
  ...all('addv smaxv sminv umaxv uminv', 'b0, v2.16b', 's0, v2.4s', 'h0, v2.4h'),
  ...all('uaddlv saddlv', 'h0, v2.16b', 'd0, v2.4s'),
  ...all('saddlp uaddlp sadalp uadalp', 'v0.8h, v2.16b', 'v0.1d, v2.2s'),
];

const widths = [
  ...halves(
    'saddl uaddl ssubl usubl smull umull sabdl uabdl smlal umlal smlsl umlsl sabal uabal',
    'v0.8h, v2.8b, v3.8b',
    'v0.2d, v2.4s, v3.4s',
  ),
  ...halves('smull umull smlal umlal smlsl umlsl', 'v0.4s, v2.4h, v3.h[5]', 'v0.2d, v2.4s, v3.s[1]'),
  ...halves('sqdmull sqdmlal sqdmlsl', 'v0.4s, v2.4h, v3.4h', 'v0.4s, v2.8h, v3.h[2]'),
  ...halves('saddw uaddw ssubw usubw', 'v0.8h, v2.8h, v3.8b', 'v0.4s, v2.4s, v3.8h'),
  ...halves('sxtl uxtl', 'v0.8h, v2.8b', 'v0.2d, v2.4s'),
  ...halves('sshll ushll', 'v0.4s, v2.4h, #3', 'v0.8h, v2.16b, #7'),
  ...halves('shll', 'v0.4s, v2.4h, #16', 'v0.8h, v2.16b, #8'),
  ...halves('xtn sqxtn uqxtn sqxtun', 'v0.8b, v2.8h', 'v0.4s, v2.2d'),
  ...all('sqxtn', 's0, d2'),
  ...halves(
    'shrn rshrn sqshrn uqshrn sqshrun sqrshrn uqrshrn sqrshrun',
    'v0.8b, v2.8h, #3',
    'v0.8h, v2.4s, #16',
  ),
  ...halves('addhn subhn raddhn rsubhn', 'v0.8b, v2.8h, v3.8h', 'v0.4s, v2.2d, v3.2d'),
];

const shifts = [
  ...all('shl sli', 'v0.4s, v2.4s, #5', 'd0, d2, #63', 'v0.8b, v2.8b, #0'),
  ...all(
    'ushr sshr usra ssra sri urshr srshr ursra srsra',
    'v0.16b, v2.16b, #3',
    'v0.2s, v2.2s, #32',
    'd0, d2, #1',
  ),
  ...all('ushl sshl urshl srshl uqshl sqshl uqrshl sqrshl', 'v0.16b, v2.16b, v3.16b', 'v0.2d, v2.2d, v3.2d'),
  ...all('uqshl sqshl', 'v0.8h, v2.8h, #4'),
];

const moves = [
  ...all(
    'movi',
    'v0.2d, #0xff00ff00ff00ff00',
    'd0, #0xffffffff00000000',
    'v0.2s, #3, msl #16',
    'v0.8h, #1, lsl #8',
  ),
  ...all('mvni', 'v0.4s, #3', 'v0.4s, #2, msl #8', 'v0.4h, #2, lsl #8'),
  ...all('dup', 'v0.4s, v2.s[3]', 'v0.8b, v2.b[9]', 'v0.2d, v2.d[1]', 's0, v2.s[1]', 'v0.16b, w2'),
  ...all('mov', 'v0.b[3], v2.b[7]', 'v0.d[1], v2.d[0]', 'v0.d[0], x2', 's0, v2.s[2]', 'x0, v2.d[1]'),
  ...all('ins', 'v0.h[3], v2.h[7]', 'v0.b[15], w2'),
  ...all('smov', 'w0, v2.b[5]', 'x0, v2.s[1]'),
  ...all('zip1 zip2 uzp1 uzp2 trn1 trn2', 'v0.16b, v2.16b, v3.16b', 'v0.2s, v2.2s, v3.2s'),
  ...all('ext', 'v0.16b, v2.16b, v3.16b, #5', 'v0.8b, v2.8b, v3.8b, #3'),
  ...all('rev16 rev32 rev64', 'v0.16b, v2.16b'),
  ...all('rev32 rev64', 'v0.4h, v2.4h'),
  ...all('tbl tbx', 'v0.16b, { v2.16b }, v3.16b', 'v0.8b, { v2.16b, v3.16b }, v4.8b'),
  ...all('tbl tbx', 'v0.16b, { v2.16b, v3.16b, v4.16b }, v5.16b', 'v0.16b, {v31.16b - v2.16b}, v5.16b'),
];

const lists = ['v0', 'v31 v0', 'v31 v0 v1', 'v4 v5 v6 v7'].map((list) => list.split(' '));
const listOf = (registers: string[], lanes: string): string =>
  `{ ${registers.map((register) => `${register}.${lanes}`).join(', ')} }`;

const memory = [
  ...lists.flatMap((list) =>
    all('ld1 st1', `${listOf(list, '16b')}, [x1]`, `${listOf(list, '2s')}, [x1], #${8 * list.length}`),
  ),
  ...lists.flatMap((list, index) =>
    ['ld', 'st'].flatMap((name) => [
      `${name}${index + 1} ${listOf(list, '4s')}, [x1], x2`,
      `${name}${index + 1} ${listOf(list, '8b')}, [x1]`,
      `${name}${index + 1} ${listOf(list, 'h')}[5], [x1]`,
      `${name}${index + 1} ${listOf(list, 'd')}[1], [x1], #${8 * list.length}`,
    ]),
  ),
  ...lists.map((list, index) => `ld${index + 1}r ${listOf(list, '8h')}, [x1]`),
  'ld1 { v0.1d, v1.1d }, [x1]',
  'ldp s0, s2, [x1], #8',
  'ldnp q0, q2, [x1, #32]',
  'stnp x0, x2, [x1]',
  'stp q0, q2, [x1, #-32]!',
  'ldr b0, [x1, #3]',
  'str h0, [x1], #2',
  'ldur q0, [x1, #-7]',
];

export const aarch64VectorInstructions: string[] = [
  ...floats,
  ...arithmetic,
  ...widths,
  ...shifts,
  ...moves,
  ...memory,
];
