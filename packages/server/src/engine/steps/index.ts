import type { StepHandlers } from "../runner/step-handler.ts";
import {
  allowReplication,
  destroyArrayGroup,
  destroyMarker,
  ensureArrayGroup,
  ensureMarker,
  forgetReplica,
  onlyTarget,
  setMembers,
  settleMarker,
} from "./array-groups.ts";
import { barrier } from "./barrier.ts";
import { deleteCinderGroup, ensureCinderGroup, removeFromCinderGroup } from "./cinder-groups.ts";
import { awaitCommit, openWindow } from "./commit-window.ts";
import { confirmPoint } from "./confirm-point.ts";
import { awaitActive, createServer, powerOff } from "./create-server.ts";
import { describeStorage } from "./describe-storage.ts";
import { deleteAway, deleteAwayGroup, endAwayReplication, removeAwayVolume } from "./empty-away.ts";
import { fenceSource, stopSource } from "./fence-source.ts";
import { ensureFloatingIp } from "./floating-ips.ts";
import {
  endLeftReplication,
  forgetArrived,
  forwardAllow,
  forwardCut,
  forwardGroup,
  forwardMembers,
  forwardTidy,
  forwardWait,
} from "./forward-group.ts";
import { growVolume } from "./grow-volume.ts";
import { callHook } from "./hooks.ts";
import { ensureIsolatedPort, isolateNetwork } from "./isolated-networks.ts";
import { ensureKeyPair } from "./key-pairs.ts";
import { emptyArrayGroup, stopLeft } from "./left-behind.ts";
import { lookAtSource } from "./look-at-source.ts";
import { lookForTest } from "./look-for-test.ts";
import { claimEpoch, raiseEpoch, releaseMarkerHere, releaseMarkers, takeMarker } from "./markers.ts";
import { destroyKeptVolume, dropKeptSnapshot, keepSnapshot, overwriteVolume } from "./overwrite-volume.ts";
import { plugPort, rewirePort, unplugPort } from "./plug-ports.ts";
import { cutForTest, cutSurvivor, lookAtPod } from "./pod-survivor.ts";
import { ensurePort } from "./ports.ts";
import { awaitConsole, awaitHttp, awaitTcp, awaitWebhook } from "./readiness-gates.ts";
import { removeObject } from "./remove-object.ts";
import { awaitPoint, cutPoint, dropPoint, quietGroup, setSchedule, tidyPoints, verifyCut } from "./replication.ts";
import { resizeServer } from "./resize-server.ts";
import { attachVolume, captureHome, detachVolume, reusePort, unlockServer, unshelveServer } from "./return-server.ts";
import { checkRoom } from "./room.ts";
import { ensureServerGroup } from "./server-groups.ts";
import { bringBack, lockServer, observeServer, parkServer, stopServer } from "./servers.ts";
import { describeSurvivor, disallowReplica } from "./survivor.ts";
import { verifyServer } from "./verify-server.ts";
import { describeVolume, recoverVolume } from "./volumes.ts";
import { yieldSource } from "./yield-source.ts";

/** Every step that a plan can name. */
export const STEP_HANDLERS = {
  barrier,
  "array_group.allow": allowReplication,
  "array_group.destroy": destroyArrayGroup,
  "array_group.ensure": ensureArrayGroup,
  "array_group.forget": forgetReplica,
  "array_group.only_target": onlyTarget,
  "array_group.set_members": setMembers,
  "away.cinder_group": deleteAwayGroup,
  "away.delete": deleteAway,
  "away.replication": endAwayReplication,
  "away.volume": removeAwayVolume,
  "left.array_group": emptyArrayGroup,
  "left.forget": forgetArrived,
  "left.replication": endLeftReplication,
  "left.stop": stopLeft,
  "cinder_group.delete": deleteCinderGroup,
  "cinder_group.ensure": ensureCinderGroup,
  "cinder_group.remove": removeFromCinderGroup,
  "commit.await": awaitCommit,
  "commit.open": openWindow,
  "floating_ip.ensure": ensureFloatingIp,
  "gate.console": awaitConsole,
  "gate.http": awaitHttp,
  "gate.tcp": awaitTcp,
  "gate.webhook": awaitWebhook,
  "hook.call": callHook,
  "forward.allow": forwardAllow,
  "forward.cut": forwardCut,
  "forward.group": forwardGroup,
  "forward.members": forwardMembers,
  "forward.tidy": forwardTidy,
  "forward.wait": forwardWait,
  "key_pair.ensure": ensureKeyPair,
  "marker.claim": claimEpoch,
  "marker.destroy": destroyMarker,
  "marker.ensure": ensureMarker,
  "marker.raise": raiseEpoch,
  "marker.release": releaseMarkers,
  "marker.release_here": releaseMarkerHere,
  "marker.settle": settleMarker,
  "marker.take": takeMarker,
  "network.isolate": isolateNetwork,
  "point.confirm": confirmPoint,
  "pod.cut": cutSurvivor,
  "pod.cut_for_test": cutForTest,
  "pod.look": lookAtPod,
  "port.ensure": ensurePort,
  "port.ensure_isolated": ensureIsolatedPort,
  "port.plug": plugPort,
  "port.reuse": reusePort,
  "port.rewire": rewirePort,
  "port.unplug": unplugPort,
  "replica.disallow": disallowReplica,
  "replication.cut": cutPoint,
  "replication.drop": dropPoint,
  "replication.quiet": quietGroup,
  "replication.schedule": setSchedule,
  "replication.tidy": tidyPoints,
  "replication.verify_cut": verifyCut,
  "replication.wait": awaitPoint,
  "room.check": checkRoom,
  "server.attach": attachVolume,
  "server.await_active": awaitActive,
  "server.bring_back": bringBack,
  "server.capture": captureHome,
  "server.create": createServer,
  "server.detach": detachVolume,
  "server.lock": lockServer,
  "server.observe": observeServer,
  "server.park": parkServer,
  "server.power_off": powerOff,
  "server.resize": resizeServer,
  "server.stop": stopServer,
  "server.unlock": unlockServer,
  "server.unshelve": unshelveServer,
  "server.verify": verifyServer,
  "server_group.ensure": ensureServerGroup,
  "source.fence": fenceSource,
  "source.look": lookAtSource,
  "source.stop": stopSource,
  "source.yield": yieldSource,
  "storage.describe": describeStorage,
  "storage.survivor": describeSurvivor,
  "test.look": lookForTest,
  "test.remove": removeObject,
  "volume.describe": describeVolume,
  "volume.destroy_kept": destroyKeptVolume,
  "volume.drop_kept": dropKeptSnapshot,
  "volume.grow": growVolume,
  "volume.keep": keepSnapshot,
  "volume.overwrite": overwriteVolume,
  "volume.recover": recoverVolume,
} satisfies StepHandlers;
