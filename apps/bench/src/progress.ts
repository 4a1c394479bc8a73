/** Returns what prints lines of progress, each with the minutes since it was made. */
export function createProgress(name: string): (line: string) => void {
  const started = performance.now()
  return (line) => {
    const minutes = ((performance.now() - started) / 60_000).toFixed(1)
    process.stderr.write(`[${name}, ${minutes} min] ${line}\n`)
  }
}
