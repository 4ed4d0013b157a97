import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificates } from '../support/certificates.ts';

/** A host of client id metadata documents, over https on loopback. */
export interface DocumentHost {
  /** Name and port, as a gateway's allow list wants them. */
  readonly host: string;
  /** The authority that signed its certificate. */
  readonly caFile: string;
  /** Serves a document; answers its URL, which is the client id. */
  publish(path: string, document: Readonly<Record<string, unknown>>): string;
  close(): Promise<void>;
}

export async function startDocumentHost(): Promise<DocumentHost> {
  const certificates = makeCertificates();
  const documents = new Map<string, string>();
  const server = createServer(
    { cert: readFileSync(certificates.certFile), key: readFileSync(certificates.keyFile) },
    (req, res) => {
      const document = documents.get(req.url ?? '');
      if (document === undefined) res.writeHead(404).end();
      else
        res
          .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=300' })
          .end(document);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${String((server.address() as AddressInfo).port)}`;
  return {
    host,
    caFile: certificates.caFile,
    publish: (path, document) => {
      const clientId = `https://${host}${path}`;
      documents.set(path, JSON.stringify({ client_id: clientId, ...document }));
      return clientId;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(certificates.folder, { recursive: true, force: true });
    },
  };
}
