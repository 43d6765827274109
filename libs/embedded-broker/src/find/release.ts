/** Release of nats-server on the GitHub page of the NATS project. */
export interface Release {
  version: string;
  /** SHA-256 of each archive, by `<os>-<arch>` as in the file name. */
  checksums: Readonly<Record<string, string>>;
}

/**
 * Release to download. The checksums for Linux and Windows come from the Dockerfiles of the official image (nats-io/nats-docker,
 * 2.14.x). The checksums for macOS come from other public projects that pin the same release. For a new release, take the
 * checksums from its SHA256SUMS file.
 */
export const PINNED_RELEASE: Release = {
  version: '2.14.5',
  checksums: {
    'linux-amd64': '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355',
    'linux-arm64': '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c',
    'linux-arm7': 'c8796b63a8603fdebabd63146ac3d3997c29a2829fdd2af6db320f4a287f2e71',
    'linux-386': '7eb520d5080d2c4b2e9ad0866aa301f7c7af35058bfae61c1ba0cef472d21d47',
    'linux-ppc64le': '5d8f1a264a3bc4b30899814ae8e898b1268e817074635adddd24b32f388e4cc4',
    'linux-s390x': '829193e8c592e0df5f15402c27417df18d26503d22b77dfc9491982fe0b51a67',
    'darwin-amd64': 'f95c98d6b6ed2b63c5681b46b092c9585c99767d547cf495730c329234625e96',
    'darwin-arm64': 'ddd907854d9a2de834af133fa396915fe6442fe6d8909ae31390d1ea7a0fea50',
    'windows-amd64': 'f66f840a211ab665083b88e9b7edbcf6296cda143be47e53e6f6bb8520692bbb',
  },
};

const OPERATING_SYSTEMS: Record<string, string> = { win32: 'windows' };
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', ia32: '386', arm: 'arm7', ppc64: 'ppc64le' };

/** Converts Node's names of platform and architecture to `<os>-<arch>`, as in the file names of the release. */
export function platformName(platform: string = process.platform, arch: string = process.arch): string {
  return `${OPERATING_SYSTEMS[platform] ?? platform}-${ARCHITECTURES[arch] ?? arch}`;
}

/**
 * Returns the path of an archive relative to the address of the releases, such as
 * `v2.14.5/nats-server-v2.14.5-linux-amd64.tar.gz`.
 */
export function archivePath(version: string, platform: string): string {
  const extension = platform.startsWith('windows-') ? 'zip' : 'tar.gz';
  return `v${version}/nats-server-v${version}-${platform}.${extension}`;
}
