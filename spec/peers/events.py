"""What TensorBoard's own reader finds in the event files below some folders.

    python spec/peers/events.py runs/one runs/two

Each record's checksums are computed anew, every value is read through TensorBoard's accumulator, pictures are decoded, and what is
meant for the HPARAMS tab is parsed by its plugin. Exits with 1 where something does not hold. `luajit spec/peers/events.lua`
makes runs for it.
"""
import io
import json
import os
import struct
import sys
import zlib

from tensorboard.backend.event_processing import event_accumulator, event_file_loader, io_wrapper
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.hparams import metadata as hparams

try:
    from PIL import Image
except ImportError:
    Image = None

SIZES = {name: 0 for name in ("tensors", "scalars", "images", "histograms", "compressedHistograms")}
problems = []


def check(condition, where, text):
    if not condition:
        problems.append(f"{where}: {text}")


def records(path):
    """The records of a file, and how many bytes of a cut one follow."""
    with open(path, "rb") as source:
        data = source.read()
    found, at = [], 0
    while len(data) - at >= 16:
        (length,) = struct.unpack_from("<Q", data, at)
        if at + 16 + length > len(data):
            break
        (of_length,) = struct.unpack_from("<I", data, at + 8)
        (of_data,) = struct.unpack_from("<I", data, at + 12 + length)
        record = data[at + 12:at + 12 + length]
        check(of_length == masked_crc32c(data[at:at + 8]), path, f"byte {at}: the length's checksum is wrong")
        check(of_data == masked_crc32c(record), path, f"byte {at}: the record's checksum is wrong")
        found.append(record)
        at += 16 + length
    return found, len(data) - at


def check_file(path):
    found, rest = records(path)
    loaded = list(event_file_loader.RawEventFileLoader(path).Load())
    check(loaded == found, path, f"the loader reads {len(loaded)} records, there are {len(found)}")
    check(len(found) > 0, path, "there is no record")
    if found:
        check(event_pb2.Event.FromString(found[0]).file_version == "brain.Event:2", path, "the version does not come first")
    times = [event_pb2.Event.FromString(record).wall_time for record in found]
    check(times == sorted(times), path, "wall times go back")
    for event in event_file_loader.EventFileLoader(path).Load():
        for value in event.summary.value:
            check(value.HasField("tensor"), path, f"'{value.tag}' is of a kind that TensorBoard does not know")
    return len(found), rest


def decoded_size(png):
    if Image:
        image = Image.open(io.BytesIO(png))
        image.load()
        return image.size
    check(png[:8] == b"\x89PNG\r\n\x1a\n", "a picture", "is no PNG")
    width, height, bits, colour = struct.unpack_from(">IIBB", png, 16)
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4:at + 8] == b"IDAT":
            packed += png[at + 8:at + 8 + length]
        at += 12 + length
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    check(len(zlib.decompress(packed)) == height * (1 + width * channels * bits // 8), "a picture", "has not all of its pixels")
    return width, height


def check_order(where, points):
    steps = [point.step for point in points]
    check(steps == sorted(set(steps)), where, f"steps are out of order or there twice: {steps}")
    return steps


def check_scalars(where, accumulator, tags, log):
    for tag in tags["scalars"]:
        check_order(f"{where}: {tag}", accumulator.Scalars(tag))
    for entry in log:
        for name, value in entry.get("scores", entry).items():
            group = "scores/" if "scores" in entry else "" if "/" in name else "train/"  # 'D/real' is of a group of its own
            tag = group + name
            if name in ("step", "seconds") or not isinstance(value, (int, float)):
                continue
            check(tag in tags["scalars"], where, f"'{tag}' of the log is missing")
            if tag in tags["scalars"]:
                shown = [p.value for p in accumulator.Scalars(tag) if p.step == entry["step"]]
                check(len(shown) == 1 and abs(shown[0] - value) <= 1e-6 * abs(value) + 1e-12, where,
                      f"'{tag}' at step {entry['step']} is {shown}, the log says {value}")


def check_pictures(where, accumulator, tags):
    for tag in tags["images"]:
        points = accumulator.Images(tag)
        check_order(f"{where}: {tag}", points)
        for point in points:
            size = decoded_size(point.encoded_image_string)
            check(size == (point.width, point.height), f"{where}: {tag}", f"is {size}, said to be {(point.width, point.height)}")


def check_histograms(where, accumulator, tags):
    for tag in tags["histograms"]:
        points = accumulator.Histograms(tag)
        check_order(f"{where}: {tag}", points)
        for point in points:
            h = point.histogram_value
            check(sum(h.bucket) == h.num and h.num > 0, f"{where}: {tag}", f"its buckets hold {sum(h.bucket)} of {h.num} values")
            check(h.min <= h.bucket_limit[0] and list(h.bucket_limit) == sorted(h.bucket_limit) and h.bucket_limit[-1] == h.max,
                  f"{where}: {tag}", "its buckets are out of order")


def check_hparams(where, accumulator, tags, options, finished):
    content = accumulator.PluginTagToContent("hparams")
    start = hparams.parse_session_start_info_plugin_data(content[hparams.SESSION_START_INFO_TAG])
    for name, value in start.hparams.items():
        told = options
        for key in name.split("."):
            told = told.get(key) if isinstance(told, dict) else None
        shown = getattr(value, value.WhichOneof("kind"))
        if isinstance(told, list):
            shown, told = str(shown).split(","), [f"{x:g}" if isinstance(x, (int, float)) else x for x in told]
        check(shown == told, where, f"the option {name} is {shown}, options.json says {told}")
    check("seed" in start.hparams and "name" not in start.hparams, where, "its options are not those that bear on results")
    if hparams.EXPERIMENT_TAG in content:
        experiment = hparams.parse_experiment_plugin_data(content[hparams.EXPERIMENT_TAG])
        check({info.name for info in experiment.hparam_infos} == set(start.hparams), where, "columns and options differ")
        check(len(experiment.metric_infos) > 0, where, "no score is named")
        for info in experiment.metric_infos:
            check(info.name.tag in tags["scalars"], where, f"the score {info.name.tag} is no scalar")
    else:
        check(not finished, where, "it is finished, but its columns are not described")
    check((hparams.SESSION_END_INFO_TAG in content) == finished, where, "whether it is finished is not what scores.json says")
    if hparams.SESSION_END_INFO_TAG in content:
        hparams.parse_session_end_info_plugin_data(content[hparams.SESSION_END_INFO_TAG])


def load(path, default):
    if not os.path.exists(path):
        return default
    with open(path, errors="replace") as source:
        if path.endswith("l"):
            return [json.loads(line) for line in source]
        return json.load(source)


def check_run(path):
    files = sorted(os.path.join(path, name) for name in os.listdir(path) if io_wrapper.IsSummaryEventsFile(os.path.join(path, name)))
    counts = [check_file(name) for name in files]
    accumulator = event_accumulator.EventAccumulator(path, size_guidance=SIZES)
    accumulator.Reload()
    tags = accumulator.Tags()
    finished = os.path.exists(os.path.join(path, "scores.json"))
    check_scalars(path, accumulator, tags, load(os.path.join(path, "log.jsonl"), []))
    check_pictures(path, accumulator, tags)
    check_histograms(path, accumulator, tags)
    check_hparams(path, accumulator, tags, load(os.path.join(path, "options.json"), {}), finished)
    check("run/options" in tags["tensors"], path, "its options are not shown as text")
    print(f"{path}: {len(files)} files, {sum(n for n, _ in counts)} records, {sum(rest for _, rest in counts)} bytes of cut ones; "
          f"{len(tags['scalars'])} scalars, {len(tags['images'])} pictures, {len(tags['histograms'])} histograms")


def main(folders):
    runs = sorted({os.path.dirname(os.path.join(top, name)) for folder in folders for top, _, names in os.walk(folder)
                   for name in names if "tfevents" in name})
    check(runs, ", ".join(folders), "there are no event files")
    for run in runs:
        check_run(run)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(runs)} runs, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
