// An ONNX graph under construction: named values with static shapes, and nodes in the order they are to
// run. Think of it as a tape recorder for operators. It knows nothing of derivatives (../autodiff) and
// nothing of the network; it can only be written (`encode`) and run (session.ts).

import { attributeTypes, dataTypes, encodeModel } from './schema.ts';

export type ElementType = keyof typeof dataTypes;

/** A tensor that exists when the graph runs. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

export type Attribute = number | { readonly float: number } | string | readonly number[];

export interface NodeOptions {
  attributes?: Readonly<Record<string, Attribute>>;
  /** `com.microsoft` for ONNX Runtime's own operators. */
  domain?: string;
}

interface Node {
  operator: string;
  inputs: string[];
  outputs: string[];
  attributes: Readonly<Record<string, Attribute>>;
  domain: string;
}

interface Constant {
  value: Value;
  bytes: Uint8Array;
}

/** Operators as of ONNX 1.18; ONNX Runtime 1.20 and newer run it. */
const operatorSet = 21;
const intermediateVersion = 10;

export class Graph {
  private readonly nodes: Node[] = [];
  private readonly constants = new Map<string, Constant>();
  private readonly inputs = new Map<string, Value>();
  private readonly outputs = new Map<string, Value>();
  private count = 0;

  /** A tensor that the caller feeds. Names are unique. */
  input(name: string, type: ElementType, shape: readonly number[]): Value {
    if (this.inputs.has(name)) throw new Error(`graph input ${name} exists already`);
    const value = { name, type, shape };
    this.inputs.set(name, value);
    return value;
  }

  /** Gives a value to the caller under a name of its own. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw new Error(`graph output ${name} exists already`);
    // A copy of its own, so that one value may be several outputs, or an input too.
    const taken = this.inputs.has(value.name) || [...this.outputs.values()].includes(value);
    this.outputs.set(name, taken ? this.node('Identity', [value], value.shape) : value);
  }

  /** A float32 tensor that never changes. Equal constants are one. */
  floats(data: readonly number[], shape: readonly number[] = [data.length]): Value {
    return this.constant('float32', new Uint8Array(Float32Array.from(data).buffer), shape);
  }

  /** A float32 scalar that never changes. */
  scalar(number: number): Value {
    return this.floats([number], []);
  }

  /** An int64 tensor that never changes. */
  integers(data: readonly number[], shape: readonly number[] = [data.length]): Value {
    const bytes = new Uint8Array(BigInt64Array.from(data, (number) => BigInt(number)).buffer);
    return this.constant('int64', bytes, shape);
  }

  private constant(type: ElementType, bytes: Uint8Array, shape: readonly number[]): Value {
    const key = `${type} ${shape.join('x')} ${Buffer.from(bytes).toString('base64')}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known.value;
    const value = { name: `constant_${this.constants.size}`, type, shape };
    this.constants.set(key, { value, bytes });
    return value;
  }

  /** Adds a node with one output, of the type of its first input unless said otherwise. */
  node(
    operator: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    options: NodeOptions & { type?: ElementType } = {},
  ): Value {
    const type = options.type ?? inputs[0]?.type ?? 'float32';
    return this.nodeWithOutputs(operator, inputs, [{ type, shape }], options)[0]!;
  }

  /** Adds a node. A missing optional input is `undefined`. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly { type: ElementType; shape: readonly number[] }[],
    options: NodeOptions = {},
  ): Value[] {
    const values = outputs.map((output) => ({ ...output, name: `${operator}_${this.count++}` }));
    this.nodes.push({
      operator,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: values.map(({ name }) => name),
      attributes: options.attributes ?? {},
      domain: options.domain ?? '',
    });
    return values;
  }

  /** Nodes that some output needs. What a recomputation ends with, for one, nobody asks for. */
  private neededNodes(): Node[] {
    const needed = new Set([...this.outputs.values()].map(({ name }) => name));
    const nodes: Node[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!node.outputs.some((name) => needed.has(name))) continue;
      for (const name of node.inputs) needed.add(name);
      nodes.push(node);
    }
    return nodes.reverse();
  }

  /** The bytes of an .onnx file. */
  encode(): Uint8Array {
    const outputNames = new Map([...this.outputs].map(([name, value]) => [value.name, name]));
    const finalName = (name: string): string => outputNames.get(name) ?? name;
    return encodeModel({
      irVersion: intermediateVersion,
      producerName: 'ozma',
      opsetImport: [
        { domain: '', version: operatorSet },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'ozma',
        node: this.neededNodes().map((node) => ({
          input: node.inputs.map(finalName),
          output: node.outputs.map(finalName),
          name: node.outputs[0],
          opType: node.operator,
          domain: node.domain,
          attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
        })),
        initializer: [...this.constants.values()].map(({ value, bytes }) => ({
          name: value.name,
          dataType: dataTypes[value.type],
          dims: value.shape,
          rawData: bytes,
        })),
        input: [...this.inputs.values()].map((value) => valueInfo(value.name, value)),
        output: [...this.outputs].map(([name, value]) => valueInfo(name, value)),
      },
    });
  }
}

function encodeAttribute(name: string, value: Attribute): Record<string, unknown> {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}

function valueInfo(name: string, { type, shape }: Value): Record<string, unknown> {
  const dim = shape.map((size) => ({ dimValue: size }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}
