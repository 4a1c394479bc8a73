import { randomBytes } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { archiveOf, findKafka } from './kafka-jars.ts'
import { startKafka } from './kafka-server.ts'

/**
 * Halves the start time of Kafka: stores an archive of its loaded classes beside the jars (class data sharing of Java). Does nothing if the
 * archive exists, or if Kafka is not installed. Java ignores an archive that another version of Java has made.
 */
export async function archiveKafka(): Promise<void> {
  const jars = findKafka()
  if (jars === undefined || existsSync(archiveOf(jars))) return
  const draft = `${archiveOf(jars)}-${randomBytes(6).toString('hex')}`
  await using kafka = await startKafka({ flags: [`-XX:ArchiveClassesAtExit=${draft}`] })
  await kafka.createTopic('t')
  await kafka.stop('SIGTERM')
  // A rename is atomic: another process that does the same never sees a part of the file.
  if (existsSync(draft)) renameSync(draft, archiveOf(jars))
}
