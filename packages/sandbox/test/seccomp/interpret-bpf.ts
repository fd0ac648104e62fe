/** What the kernel shows a seccomp program of one system call. */
export interface SystemCall {
  arch: number;
  number: number;
  args?: bigint[];
}

/** Runs a classic BPF program on a system call, as the kernel does, and returns its answer. */
export function interpretBpf(program: Uint8Array, call: SystemCall): number {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = encodeCall(call);
  let accumulator = 0;
  for (let at = 0; at < code.byteLength / 8; at += 1) {
    const operation = code.getUint16(at * 8, true);
    const jumpTrue = code.getUint8(at * 8 + 2);
    const jumpFalse = code.getUint8(at * 8 + 3);
    const constant = code.getUint32(at * 8 + 4, true);
    const jump = (taken: boolean): number => (taken ? jumpTrue : jumpFalse);
    if (operation === 0x20) accumulator = data.getUint32(constant, true);
    else if (operation === 0x06) return constant;
    else if (operation === 0x15) at += jump(accumulator === constant);
    else if (operation === 0x35) at += jump(accumulator >= constant);
    else if (operation === 0x45) at += jump((accumulator & constant) !== 0);
    else throw new Error(`Operation ${operation} is not known.`);
  }
  throw new Error('The program ran off its end.');
}

function encodeCall({ arch, number, args = [] }: SystemCall): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, arch, true);
  for (const [index, arg] of args.entries()) data.setBigUint64(16 + index * 8, arg, true);
  return data;
}
