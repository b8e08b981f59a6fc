import { expect, test } from "vitest";
import { bodyOf, type Script, scriptedCloud } from "./testing/scripted-transport.ts";

const NOVA = "http://controller:8774/v2.1";
const ID = "9168b536-cd40-4630-b43f-b259807c6e87";

function nova(script: Script) {
  return scriptedCloud(
    Object.fromEntries(Object.entries(script).map(([call, answer]) => [call.replace(" ", ` ${NOVA}`), answer])),
  );
}

test("a server is created with its ports, volumes, tags and group", async () => {
  const create = {
    status: 202,
    body: { server: { id: ID, adminPass: "zPnp2GseTqG4", links: [], security_groups: [] } },
  };
  const scripted = nova({ "POST /servers": create });
  const created = await scripted.run(
    scripted.cloud.compute.createServer({
      name: "web-1",
      flavorId: "f-1",
      keyName: "key",
      hostname: "web-1",
      userData: "IyEvYmluL2Jhc2gK",
      configDrive: true,
      metadata: { a: "b" },
      tags: ["protector-op-1"],
      networks: [{ portId: "port-1", tag: "nic1" }, { portId: "port-2" }],
      volumes: [
        { volumeId: "v-1", bootIndex: 0, deleteOnTermination: true },
        { volumeId: "v-2", bootIndex: -1, deleteOnTermination: false, tag: "data", deviceName: "/dev/vdb" },
      ],
      serverGroupId: "sg-1",
    }),
  );
  expect(created).toEqual({ id: ID });
  expect(bodyOf(scripted, `POST ${NOVA}/servers`)).toEqual({
    server: {
      name: "web-1",
      flavorRef: "f-1",
      key_name: "key",
      hostname: "web-1",
      user_data: "IyEvYmluL2Jhc2gK",
      config_drive: true,
      metadata: { a: "b" },
      tags: ["protector-op-1"],
      networks: [{ port: "port-1", tag: "nic1" }, { port: "port-2" }],
      block_device_mapping_v2: [
        { uuid: "v-1", source_type: "volume", destination_type: "volume", boot_index: 0, delete_on_termination: true },
        {
          uuid: "v-2",
          source_type: "volume",
          destination_type: "volume",
          boot_index: -1,
          delete_on_termination: false,
          tag: "data",
          device_name: "/dev/vdb",
        },
      ],
    },
    "os:scheduler_hints": { group: "sg-1" },
  });
});

test("a host name is left out where Nova does not know it yet", async () => {
  const scripted = nova({
    "GET /": { body: { version: { id: "v2.1", version: "2.87", min_version: "2.1" } } },
    "POST /servers": { status: 202, body: { server: { id: ID } } },
  });
  const request = { name: "a", flavorId: "f", hostname: "a", metadata: {}, tags: [], networks: [], volumes: [] };
  await scripted.run(scripted.cloud.compute.createServer(request));
  expect(bodyOf(scripted, `POST ${NOVA}/servers`)).toMatchObject({ server: { name: "a", networks: "none" } });
  expect(scripted.sentTo(`POST ${NOVA}/servers`)[0]?.body).not.toContain("hostname");
});
