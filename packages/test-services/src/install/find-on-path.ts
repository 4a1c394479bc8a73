import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Returns the path of a program on the PATH. */
export const findOnPath = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))
