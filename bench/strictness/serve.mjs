// Serves one mock on a free port of loopback and prints its URL: `node serve.mjs oauth2-mock-server|oidc-provider REDIRECT_URI`.
const [, , mock, redirectUri] = process.argv;

async function oauth2MockServer() {
  const { OAuth2Server } = await import("oauth2-mock-server");
  const server = new OAuth2Server();
  await server.issuer.keys.generate("RS256");
  await server.start(0, "127.0.0.1");
  return server.issuer.url;
}

async function oidcProvider() {
  const { default: Provider } = await import("oidc-provider");
  const { createServer } = await import("node:http");
  let provider;
  const server = createServer((request, response) => provider.callback()(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const client = (id) => ({
    client_id: id,
    client_secret: `${id}-secret`,
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_post",
  });
  provider = new Provider(url, {
    clients: [client("probe"), client("other")],
    cookies: { keys: ["probe"] },
    features: { revocation: { enabled: true } },
    scopes: ["openid", "offline_access"],
    issueRefreshToken: async () => true,
  });
  return url;
}

const start = { "oauth2-mock-server": oauth2MockServer, "oidc-provider": oidcProvider }[mock];
console.log(`READY ${await start()}`);
