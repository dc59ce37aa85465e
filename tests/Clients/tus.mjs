// Uploads files to a site with tus-js-client. Standard input: the address uploads begin at, a signed-in person's cookie, three files of the disk and a
// file to note uploads in, as JSON. One line per check: "ok NAME" or "not ok NAME: WHY".
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { createReadStream, statSync } from 'node:fs'
import assert from 'node:assert/strict'

const site = JSON.parse(await text(process.stdin))
const tus = createRequire(import.meta.url)('tus-js-client')
const notes = new tus.FileUrlStorage(site.notes)

const check = async (name, work) => {
  try {
    await work()
    console.log(`ok ${name}`)
  } catch (error) {
    console.log(`not ok ${name}: ${JSON.stringify(error?.message ?? error)} ${error?.stack?.split('\n')[1] ?? ''}`)
  }
}

// An upload of a file and its end; asked is told every request.
const upload = (path, name, options, asked = () => {}) => {
  let made
  const ended = new Promise((onSuccess, onError) => {
    made = new tus.Upload(createReadStream(path), {
      endpoint: site.endpoint, headers: { Cookie: site.cookie, Accept: 'application/json' }, metadata: { filename: name }, chunkSize: 200_000,
      uploadSize: statSync(path).size, retryDelays: null, urlStorage: notes, removeFingerprintOnSuccess: true,
      onBeforeRequest: request => asked(request), onSuccess: () => onSuccess(), onError, ...options,
    })
  })
  return [made, ended]
}

await check('uploads in parts', async () => {
  let parts = 0
  const [made, ended] = upload(site.files[0], 'whole.mp3', {}, request => { parts += request.getMethod() === 'PATCH' })
  made.start()
  await ended
  assert.equal(parts, 3)
})

await check('goes on where another run of it stopped', async () => {
  await new Promise((stopped, failed) => {
    const [made, ended] = upload(site.files[1], 'taken up.mp3', { onChunkComplete: () => made.abort().then(stopped, failed) })
    ended.catch(failed)
    made.start()
  })
  const asked = []
  const [again, ended] = upload(site.files[1], 'taken up.mp3', {}, request => asked.push(`${request.getMethod()} ${request.getHeader('Upload-Offset') ?? ''}`.trim()))
  const [previous] = await again.findPreviousUploads()
  assert.equal(previous.metadata.filename, 'taken up.mp3')
  again.resumeFromPreviousUpload(previous)
  again.start()
  await ended
  assert.deepEqual(asked, ['HEAD', 'PATCH 200000', 'PATCH 400000'])
})

await check('sends POST where PATCH cannot pass, and bytes with the beginning', async () => {
  const methods = []
  const [made, ended] = upload(site.files[2], 'posted.mp3', { overridePatchMethod: true, uploadDataDuringCreation: true }, request => methods.push(request.getMethod()))
  made.start()
  await ended
  assert.deepEqual(methods, ['POST', 'POST', 'POST'])
})

await check('gives an upload up', async () => {
  let url
  await new Promise((stopped, failed) => {
    const [made, ended] = upload(site.files[2], 'given up.mp3', { onChunkComplete: () => { url = made.url; made.abort(true).then(stopped, failed) } })
    ended.catch(failed)
    made.start()
  })
  const answer = await fetch(url, { method: 'HEAD', headers: { Cookie: site.cookie, 'Tus-Resumable': '1.0.0', Accept: 'application/json' } })
  assert.equal(answer.status, 404)
})
