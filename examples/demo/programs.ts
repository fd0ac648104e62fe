/** Small programs that do real work, one or more a language. */

export const PRIMES_PYTHON = `
import sys
limit = int(sys.stdin.readline())
sieve = bytearray([1]) * (limit + 1)
sieve[0:2] = b"\\0\\0"
for n in range(2, int(limit ** 0.5) + 1):
    if sieve[n]:
        sieve[n * n :: n] = bytes(len(range(n * n, limit + 1, n)))
print(f"{sum(sieve)} primes up to {limit}")
`;

export const QUEENS_C = `
#include <stdio.h>
static int n = 9, solutions;
static void place(int row, int columns, int left, int right) {
  if (row == n) { solutions++; return; }
  for (int free = ((1 << n) - 1) & ~(columns | left | right); free; free &= free - 1) {
    int bit = free & -free;
    place(row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
}
int main(void) {
  place(0, 0, 0, 0);
  printf("%d ways to place %d queens\\n", solutions, n);
  return 0;
}
`;

export const GCD_C = `
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  if (argc != 3) { fputs("usage: gcd A B\\n", stderr); return 2; }
  long a = atol(argv[1]), b = atol(argv[2]);
  while (b) { long rest = a % b; a = b; b = rest; }
  printf("gcd is %ld\\n", a);
  return 0;
}
`;

export const WORDS_CPP_MAIN = `
#include "count.hpp"
#include <iostream>
int main() {
  for (const auto &[word, times] : count_words(std::cin))
    std::cout << times << " x " << word << "\\n";
}
`;

export const WORDS_CPP_HEADER = `
#pragma once
#include <istream>
#include <map>
#include <string>
inline std::map<std::string, int> count_words(std::istream &in) {
  std::map<std::string, int> words;
  for (std::string word; in >> word;) words[word]++;
  return words;
}
`;

export const PATHS_CPP = `
#include <cstdint>
#include <iostream>
#include <vector>
int main() {
  const int size = 16;
  std::vector<std::vector<std::uint64_t>> ways(size + 1, std::vector<std::uint64_t>(size + 1, 1));
  for (int y = 1; y <= size; y++)
    for (int x = 1; x <= size; x++) ways[y][x] = ways[y - 1][x] + ways[y][x - 1];
  std::cout << ways[size][size] << " paths through a " << size << "x" << size << " grid\\n";
}
`;

export const BROKEN_CPP = `
int main() {
  std::vector<int> numbers = {1, 2, 3}
  return numbers.size();
}
`;

export const REPORT_JAVASCRIPT = `
const orders = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const totals = new Map();
for (const { city, amount } of orders) totals.set(city, (totals.get(city) ?? 0) + amount);
for (const [city, total] of [...totals].sort((a, b) => b[1] - a[1])) console.log(city, total);
`;

export const COLLATZ_TYPESCRIPT = `
interface Walk { start: number; steps: number }
function walk(start: number): Walk {
  let steps = 0;
  for (let n = start; n !== 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
  return { start, steps };
}
const longest: Walk = Array.from({ length: 30_000 }, (_, n) => walk(n + 1))
  .reduce((best, next) => (next.steps > best.steps ? next : best));
console.log(\`\${longest.start} takes \${longest.steps} steps\`);
`;

export const FACTORS_BASH = `
for number in "$@"; do
  factor "$number"
done | sort -t: -k1 -n
`;

export const STUBBORN_PYTHON = `
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("SIGTERM? No.", flush=True))
print("I never stop.", flush=True)
while True:
    time.sleep(0.05)
`;
