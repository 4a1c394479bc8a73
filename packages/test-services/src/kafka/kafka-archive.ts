import { randomBytes } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { archiveOf, findKafka } from './kafka-jars.ts'
import { startKafka } from './kafka-server.ts'

/**
 * Lets Kafka start in half the time from now on: keeps beside its jars what Java has made of them by the time that a broker runs (class
 * data sharing). Does nothing where that is there, or no Kafka. What another Java has kept, Java itself leaves aside.
 */
export async function archiveKafka(): Promise<void> {
  const jars = findKafka()
  if (jars === undefined || existsSync(archiveOf(jars))) return
  const draft = `${archiveOf(jars)}-${randomBytes(6).toString('hex')}`
  await using kafka = await startKafka({ flags: [`-XX:ArchiveClassesAtExit=${draft}`] })
  await kafka.createTopic('t')
  await kafka.stop('SIGTERM')
  // Whole or not at all, whoever else does the same.
  if (existsSync(draft)) renameSync(draft, archiveOf(jars))
}
