/** One broken rule at one place. `line` is 1-based; 0 stands for the file as a whole. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** The form that editors and the fixtures' expectations use: `file:line: message`. */
export function formatFinding(finding: Finding): string {
  return finding.line === 0
    ? `${finding.file}: ${finding.message}`
    : `${finding.file}:${finding.line}: ${finding.message}`;
}
