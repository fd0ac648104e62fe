/**
 * An assembler for the classic BPF programs that seccomp takes. A program is a list of
 * instructions with named labels; jumps only go forward, as the kernel demands.
 */
export type Instruction =
  | { op: 'load'; offset: number }
  | { op: 'jump'; test: JumpTest; value: number; yes?: string; no?: string }
  | { op: 'label'; name: string }
  | { op: 'return'; value: number };

/** `equal`: A = value; `at-least`: A ≥ value; `any-bit`: A & value ≠ 0. A is the loaded word. */
type JumpTest = 'equal' | 'at-least' | 'any-bit';

const LOAD_ABSOLUTE_WORD = 0x20;
const RETURN_CONSTANT = 0x06;
const JUMP_CODES: Record<JumpTest, number> = { equal: 0x15, 'at-least': 0x35, 'any-bit': 0x45 };

const INSTRUCTION_BYTES = 8;
const MAX_JUMP = 255;
const MAX_INSTRUCTIONS = 4096;

/** Encodes a program as the array of `struct sock_filter` that the kernel reads. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const addresses = locateLabels(program);
  const code = program.filter((instruction) => instruction.op !== 'label');
  if (code.length > MAX_INSTRUCTIONS) throw new Error(`The program has ${code.length} steps.`);
  const bytes = new DataView(new ArrayBuffer(code.length * INSTRUCTION_BYTES));
  for (const [index, instruction] of code.entries()) {
    writeInstruction(bytes, index, encode(instruction, index, addresses));
  }
  return new Uint8Array(bytes.buffer);
}

interface Encoded {
  code: number;
  jumpTrue: number;
  jumpFalse: number;
  constant: number;
}

function locateLabels(program: readonly Instruction[]): Map<string, number> {
  const addresses = new Map<string, number>();
  let address = 0;
  for (const instruction of program) {
    if (instruction.op !== 'label') address += 1;
    else if (addresses.has(instruction.name))
      throw new Error(`Label ${instruction.name} is twice.`);
    else addresses.set(instruction.name, address);
  }
  return addresses;
}

function encode(
  instruction: Exclude<Instruction, { op: 'label' }>,
  index: number,
  addresses: ReadonlyMap<string, number>,
): Encoded {
  const plain = { jumpTrue: 0, jumpFalse: 0 };
  switch (instruction.op) {
    case 'load':
      return { code: LOAD_ABSOLUTE_WORD, constant: instruction.offset, ...plain };
    case 'return':
      return { code: RETURN_CONSTANT, constant: instruction.value, ...plain };
    case 'jump':
      return {
        code: JUMP_CODES[instruction.test],
        constant: instruction.value,
        jumpTrue: distance(instruction.yes, index, addresses),
        jumpFalse: distance(instruction.no, index, addresses),
      };
  }
}

/** How many instructions to skip; a jump without a label falls through. */
function distance(
  label: string | undefined,
  index: number,
  addresses: ReadonlyMap<string, number>,
): number {
  if (label === undefined) return 0;
  const address = addresses.get(label);
  if (address === undefined) throw new Error(`There is no label ${label}.`);
  const skip = address - index - 1;
  if (skip < 0 || skip > MAX_JUMP) throw new Error(`Label ${label} is out of reach.`);
  return skip;
}

function writeInstruction(bytes: DataView, index: number, encoded: Encoded): void {
  const at = index * INSTRUCTION_BYTES;
  bytes.setUint16(at, encoded.code, true);
  bytes.setUint8(at + 2, encoded.jumpTrue);
  bytes.setUint8(at + 3, encoded.jumpFalse);
  bytes.setUint32(at + 4, encoded.constant, true);
}
