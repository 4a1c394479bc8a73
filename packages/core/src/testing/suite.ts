/** One rule of a port: its name as a sentence, and a check of an implementation, which rejects if it breaks the rule. */
export interface Case<Make> {
  readonly name: string
  run(make: Make): Promise<void>
}
