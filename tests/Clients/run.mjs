// Runs programs written for others against a site. Standard input: where it is, its keys, and deliveries that arrived from it, as JSON. One line
// per check: "ok NAME" or "not ok NAME: WHY". Host names that are fixed inside a client are rewritten where it calls fetch.
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import assert from 'node:assert/strict'

const site = JSON.parse(await text(process.stdin))
process.env.PATREON_OAUTH_HOST = site.origin // read when the official client is loaded
const require = createRequire(import.meta.url)

const realFetch = globalThis.fetch
const seen = []
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  const rewritten = url.hostname.endsWith('patreon.com') ? new Request(site.origin + url.pathname + url.search, request) : request
  const response = await realFetch(rewritten)
  if (response.headers.get('content-type')?.startsWith('application/vnd.api+json')) seen.push([url.pathname, await response.clone().json()])
  return response
}

const check = async (name, work) => {
  try {
    await work()
    console.log(`ok ${name}`)
  } catch (error) {
    console.log(`not ok ${name}: ${JSON.stringify(error?.errors ?? error?.error?.message ?? error?.message ?? error)} ${error?.stack?.split('\n')[1] ?? ''}`)
  }
}

await check('patreon: signs in with a code, refreshes and reads who it is', async () => {
  const { patreon, oauth } = require('patreon')
  const client = oauth(site.clientId, site.clientSecret)
  const tokens = await client.getTokens(site.code, site.redirect)
  assert.equal(tokens.token_type, 'Bearer')
  const again = await client.refreshToken(tokens.refresh_token)
  assert.notEqual(again.refresh_token, tokens.refresh_token)
  const { store, rawJson } = await patreon(again.access_token)('/current_user')
  assert.equal(store.find('user', rawJson.data.id).full_name, 'Ada Lovelace')
})

await check('patreon: reads the page, its rewards and its pledges', async () => {
  const { patreon } = require('patreon')
  const ask = patreon(site.accessToken)
  const { store, rawJson } = await ask('/current_user/campaigns')
  assert.equal(rawJson.data[0].id, site.campaignId)
  assert.ok(store.findAll('reward').some(r => r.title === 'Studio'))
  const pledges = await ask(`/campaigns/${site.campaignId}/pledges?page%5Bcount%5D=1`)
  assert.equal(pledges.rawJson.data[0].attributes.amount_cents, 500)
  assert.equal(pledges.store.find('pledge', pledges.rawJson.data[0].id).patron.full_name, 'Lin')
})

const api = require('patreon-api.ts')
const creator = new api.PatreonCreatorClient({
  oauth: {
    clientId: site.clientId, clientSecret: site.clientSecret, token: { access_token: site.accessToken, refresh_token: site.refreshToken },
    accessTokenUri: site.origin + '/api/oauth2/token', authorizationUri: site.origin + '/oauth2/authorize',
  },
  rest: { api: site.origin + '/api/oauth2/v2', fetch: globalThis.fetch },
})

await check('patreon-api.ts: lists campaigns and members with everything they include', async () => {
  const campaigns = await creator.fetchCampaigns(api.QueryBuilder.campaigns.addRelationships(['tiers', 'creator']).setAttributes({ tier: ['title'], user: ['full_name'] }))
  assert.equal(campaigns.data[0].id, site.campaignId)
  const query = api.QueryBuilder.campaignMembers.addRelationships(['user', 'currently_entitled_tiers'])
    .setAttributes({ member: ['full_name', 'patron_status', 'email'], tier: ['title'], user: ['full_name'] }).setRequestOptions({ count: 1 })
  const names = []
  for await (const page of creator.paginateCampaignMembers(site.campaignId, query)) names.push(...page.data.map(m => m.attributes.full_name))
  assert.deepEqual(names, ['Lin', 'Mia'])
})

await check('patreon-api.ts: makes, lists, pauses, resumes and deletes a webhook', async () => {
  const made = await creator.webhooks.createWebhook({ uri: 'https://site.example/hook', triggers: ['members:create', 'posts:publish'], campaignId: site.campaignId })
  assert.deepEqual(made.data.attributes.triggers, ['members:create', 'posts:publish'])
  const listed = await creator.webhooks.fetchWebhooks(api.QueryBuilder.webhooks.setAttributes({ webhook: ['paused', 'uri', 'secret'] }))
  assert.equal(listed.data.find(w => w.id === made.data.id).attributes.secret, made.data.attributes.secret)
  assert.equal((await creator.webhooks.pauseWebhook(made.data.id)).data.attributes.paused, true)
  assert.equal((await creator.webhooks.unpauseWebhook(made.data.id)).data.attributes.paused, false)
  // This client reads JSON from the empty body of the 204 it expects, and fails; what it asked for is done.
  await creator.webhooks.deleteWebhook(made.data.id).catch(error => assert.equal(error.message, ''))
  const left = await creator.webhooks.fetchWebhooks(api.QueryBuilder.webhooks)
  assert.ok(!left.data.some(w => w.id === made.data.id))
})

await check('sponsorkit: finds who supports the page', async () => {
  const { fetchSponsors, ProvidersMap, PatreonProvider } = await import('sponsorkit')
  const provider = PatreonProvider ?? ProvidersMap?.patreon
  const sponsors = provider ? await provider.fetchSponsors({ patreon: { token: site.accessToken } }, 'x')
    : await fetchSponsors({ patreon: { token: site.accessToken }, providers: ['patreon'] })
  assert.deepEqual(sponsors.map(s => [s.sponsor.name, s.monthlyDollars]), [['Lin', 5]])
})

await check('jsonapi-validator: every document is JSON:API', async () => {
  const { Validator } = require('jsonapi-validator')
  const validator = new Validator()
  for (const path of site.paths)
    await fetch(site.origin + path, { headers: { authorization: `Bearer ${site.accessToken}` } })
  assert.ok(seen.length > site.paths.length)
  for (const [path, document] of seen.filter(([, d]) => d.data)) { // errors have a number for a code, as Patreon's have
    try {
      validator.validate(document)
    } catch (error) {
      throw new Error(`${path}: ${JSON.stringify(error.errors?.map(e => `${e.dataPath} ${e.message}`) ?? error.message)}`)
    }
  }
  for (const delivery of site.deliveries) validator.validate(JSON.parse(delivery.body))
})

await check('deliveries: the bytes are what JSON.stringify prints', async () => {
  assert.ok(site.deliveries.length > 2)
  for (const { body } of site.deliveries) assert.equal(JSON.stringify(JSON.parse(body)), body)
})

await check('patreon-api.ts: knows and understands a delivery', async () => {
  for (const { body, headers } of site.deliveries) {
    assert.ok(api.verify(site.secret, headers['x-patreon-signature'], body))
    assert.ok(!api.verify(site.secret, headers['x-patreon-signature'], body + ' '))
    const parsed = await api.parseWebhookRequest(new Request('https://site.example/hook', { method: 'POST', headers, body }), site.secret)
    assert.equal(parsed.verified, true)
    assert.equal(parsed.event, headers['x-patreon-event'])
  }
})

await check('standardwebhooks: knows a delivery', async () => {
  const { Webhook } = require('standardwebhooks')
  const webhook = new Webhook(site.secret)
  const now = Date.now
  try {
    for (const { body, headers } of site.deliveries) {
      Date.now = () => Number(headers['webhook-timestamp']) * 1000 // the site's clock is the test's
      assert.equal(webhook.verify(body, headers).data.id, JSON.parse(body).data.id)
      assert.throws(() => webhook.verify(body.replace('"', '“'), headers))
    }
  } finally {
    Date.now = now
  }
})

await check('the guide: its lines know a delivery', async () => {
  const { verify, verifyAsBefore } = new Function('crypto', site.guide + '; return { verify, verifyAsBefore }')(require('node:crypto'))
  for (const { body, headers } of site.deliveries)
    for (const knows of [verify, verifyAsBefore]) {
      assert.equal(knows(site.secret, headers, body), true)
      assert.equal(knows(site.secret, headers, body + ' '), false)
    }
})
