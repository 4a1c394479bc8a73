/** One promise of a port: its name as a sentence, and how to see that an implementation keeps it (rejects where it does not). */
export interface Case<Make> {
  readonly name: string
  run(make: Make): Promise<void>
}
