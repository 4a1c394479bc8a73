import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inNewFolder } from './in-new-folder.ts'

/** The plugin that copies the jars, with its version: otherwise Maven would use the newest one. */
const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies'

/**
 * Downloads the jars of a pom with Maven into a new folder, and returns it. `digest` is the `digestOf` them all: a different jar of the same
 * name is refused.
 */
export function downloadJars({
  into,
  pom,
  digest,
}: {
  readonly into: string
  readonly pom: string
  readonly digest: string
}): string {
  return inNewFolder(into, (draft, workspace) => {
    writeFileSync(join(workspace, 'pom.xml'), pom)
    // -C: Maven fails if the checksum of a download is wrong.
    const goal = ['-C', GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${draft}`]
    execFileSync('mvn', ['-q', '-B', '-f', 'pom.xml', ...goal], { cwd: workspace, stdio: 'inherit' })
    const found = digestOf(draft)
    if (found !== digest) throw new Error(`the jars for ${into} have the digest ${found}, expected ${digest}`)
  })
}

/** A SHA-256 of the names and contents of all files of a folder. */
function digestOf(folder: string): string {
  const all = createHash('sha256')
  for (const name of readdirSync(folder).sort()) {
    const content = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
    all.update(`${content}  ${name}\n`)
  }
  return all.digest('hex')
}
