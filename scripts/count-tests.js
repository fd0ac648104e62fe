// Prints `N passed, N failed` from the test runner's own report. A failed check, a missing report
// and a suite that could not be loaded each count as a failure.
import { existsSync, readFileSync } from 'node:fs';

const checksFailed = process.argv[2] !== '0';
let passed = 0;
let failed = checksFailed ? 1 : 0;
if (existsSync('test-report.json')) {
  const report = JSON.parse(readFileSync('test-report.json', 'utf8'));
  const brokenSuites = report.testResults.filter(
    (suite) =>
      suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  );
  passed = report.numPassedTests;
  failed += report.numFailedTests + brokenSuites.length;
  if (!report.success && failed === 0) failed = 1;
} else {
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
