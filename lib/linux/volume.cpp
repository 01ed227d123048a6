#include "linux/volume.h"

#include "base/fd.h"
#include "linux/block_device.h"
#include "linux/volume_marker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

using wire::VolumeAnswer;
using wire::VolumeQuestion;
using wire::VolumeState;

constexpr std::size_t longest_path = 4096;

/// "/dev/sdb1 (ext4)"
std::string named(const Mount& mount) {
  return mount.source + " (" + mount.type + ")";
}

std::string expected(const VolumeQuestion& question) {
  if (!question.source.empty()) return "a mount of " + question.source + " was expected";
  if (!question.type.empty()) return "a mount of type " + question.type + " was expected";
  return "a mount was expected";
}

std::string place_of(const Mount& mount, const Mount& root) {
  if (mount.device == root.device) return "the root disk (" + root.source + ")";
  return named(mount) + ", mounted at " + mount.point;
}

bool is_type(const Mount& mount, const std::string& type) {
  // What is asked for as nfs is mounted as nfs4 where the server speaks it.
  return mount.type == type || (type == "nfs" && mount.type == "nfs4");
}

std::string without_slash(std::string text) {
  while (text.size() > 1 && text.back() == '/')
    text.pop_back();
  return text;
}

bool is_from(const Mount& mount, const std::string& source) {
  const bool is_device =
      source.starts_with("UUID=") || source.starts_with("LABEL=") || source.starts_with('/');
  if (!is_device) return without_slash(mount.source) == without_slash(source);
  const auto device = device_named(source);
  // btrfs has device numbers of its own making; its source is the disk's.
  return device && (*device == mount.device || device_named(mount.source) == device);
}

class Look {
public:
  explicit Look(const VolumeQuestion& question)
      : question_(question), directory_(::open(question.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  /// Everything but the marker and what is remembered.
  bool is_right() {
    if (!directory_.valid()) return lacks(VolumeState::missing, why_not_open(errno));
    if (!find_mount()) return false;
    if (question_.mounted && !is_own_mount()) return false;
    if (!question_.type.empty() && !is_type(mount_, question_.type))
      return lacks(VolumeState::foreign,
                   question_.path + " is on " + named(mount_) + "; type " + question_.type + " was expected");
    if (!is_expected_source()) return false;
    if (is_read_only(mount_))
      return lacks(VolumeState::read_only,
                   question_.path + " is on " + named(mount_) + ", which is read-only");
    return true;
  }

  bool read_marker() {
    auto marker = linux_os::read_marker(directory_.get(), question_.marker);
    if (!marker) return lacks(VolumeState::foreign, marker.error().what);
    answer_.marker = std::move(marker).value();
    return true;
  }

  bool is_remembered() {
    const std::string& known = question_.known_marker;
    if (!known.empty() && answer_.marker.empty())
      return lacks(VolumeState::foreign, "the marker " + question_.marker + " is missing in " +
                                             question_.path + "; the volume that was there had one");
    if (!known.empty() && answer_.marker != known)
      return lacks(VolumeState::foreign, "the marker " + question_.marker + " in " + question_.path +
                                             " has the id " + answer_.marker +
                                             "; the volume that was there had " + known);
    answer_.file_system = uuid_of(mount_.device);
    const std::string& was = question_.known_file_system;
    if (was.empty() || answer_.file_system.empty() || was == answer_.file_system) return true;
    return lacks(VolumeState::foreign,
                 question_.path + " is on the file system " + answer_.file_system + "; it was on " + was);
  }

  void adopt() {
    auto made = make_marker(directory_.get(), question_.marker, question_.marker_begins);
    if (made)
      answer_.marker = std::move(made).value();
    else
      answer_.refused = made.error().what;
  }

  VolumeAnswer present() {
    answer_.state = VolumeState::present;
    answer_.mount = mount_.id;
    answer_.device = mount_.device;
    answer_.file_system = uuid_of(mount_.device);
    struct statvfs space {};
    if (::fstatvfs(directory_.get(), &space) == 0) {
      answer_.free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
      answer_.size_bytes = static_cast<std::uint64_t>(space.f_blocks) * space.f_frsize;
    }
    return answer_;
  }

  VolumeAnswer& answer() { return answer_; }

private:
  /// Always false.
  bool lacks(VolumeState state, std::string what) {
    answer_.state = state;
    answer_.what = std::move(what);
    return false;
  }

  std::string why_not_open(int error) const {
    if (error == ENOENT) return question_.path + " does not exist; " + expected(question_);
    if (error == ENOTDIR) return question_.path + " is not a directory; " + expected(question_);
    return system_error(question_.path, error).what;
  }

  bool find_mount() {
    struct statx info {};
    if (::statx(directory_.get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &info) != 0)
      return lacks(VolumeState::missing, system_error(question_.path, errno).what);
    is_mount_root_ = (info.stx_attributes & info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
    std::array<char, longest_path> real{};
    const std::string link = "/proc/self/fd/" + std::to_string(directory_.get());
    const ssize_t length = ::readlink(link.c_str(), real.data(), real.size());
    if (length > 0) answer_.real_path.assign(real.data(), static_cast<std::size_t>(length));
    auto mounts = read_mountinfo();
    if (!mounts) return lacks(VolumeState::unknown, mounts.error().what);
    const auto& all = mounts.value();
    const auto own =
        std::find_if(all.begin(), all.end(), [&](const Mount& m) { return m.id == info.stx_mnt_id; });
    const Mount* root = mount_at(all, "/");
    if (own == all.end() || root == nullptr)
      return lacks(VolumeState::missing, question_.path + " was unmounted while it was looked at");
    mount_ = *own;
    root_ = *root;
    return true;
  }

  bool is_own_mount() {
    const bool on_root = mount_.device == root_.device;
    if (!is_mount_root_)
      return lacks(VolumeState::missing, question_.path + " is a plain directory on " +
                                             place_of(mount_, root_) + "; " + expected(question_));
    // A bind mount makes any directory the root of a mount.
    if (on_root && question_.source.empty())
      return lacks(VolumeState::foreign, question_.path + " is the directory " + mount_.root + " of " +
                                             place_of(mount_, root_) + ", mounted once more; " +
                                             expected(question_));
    return true;
  }

  bool is_expected_source() {
    if (question_.source.empty() || is_from(mount_, question_.source)) return true;
    const bool network = question_.source.find(":/") != std::string::npos;
    const bool known = network || device_named(question_.source).has_value();
    return lacks(VolumeState::foreign, question_.path + " is on " + named(mount_) + "; " + question_.source +
                                           " was expected" +
                                           (known ? "" : ", which no device of this machine has"));
  }

  const VolumeQuestion& question_;
  Fd directory_;
  bool is_mount_root_ = false;
  Mount mount_;
  Mount root_;
  VolumeAnswer answer_;
};

} // namespace

VolumeAnswer look_at_volume(const VolumeQuestion& question) {
  Look look(question);
  if (!look.is_right() || !look.read_marker() || !look.is_remembered()) return look.answer();
  return look.present();
}

VolumeAnswer adopt_volume(const VolumeQuestion& question) {
  Look look(question);
  VolumeAnswer& answer = look.answer();
  if (!look.is_right() || !look.read_marker()) {
    answer.refused = answer.what;
    return answer;
  }
  const std::string& known = question.known_marker;
  const bool is_ours = !question.marker_begins.empty() && answer.marker.starts_with(question.marker_begins);
  if (!answer.marker.empty() && !known.empty() && answer.marker != known && !is_ours) {
    static_cast<void>(look.is_remembered());
    answer.refused = answer.what + "; if this is the one that is meant, remove that file and adopt again";
    return answer;
  }
  if (answer.marker.empty()) look.adopt();
  if (!answer.refused.empty()) return answer;
  return look.present();
}

VolumeChange changed_since(const VolumeAnswer& seen, const std::vector<Mount>& mounts) {
  const Mount* now = mount_at(mounts, seen.real_path);
  if (now == nullptr) return {VolumeState::missing, seen.real_path + " is not mounted any more"};
  if (now->id == seen.mount && now->device == seen.device) {
    if (!is_read_only(*now)) return {};
    return {VolumeState::read_only,
            seen.real_path + " is on " + named(*now) + ", which has become read-only"};
  }
  if (now->point == seen.real_path)
    return {VolumeState::foreign, named(*now) + " has been mounted at " + seen.real_path};
  return {VolumeState::missing, seen.real_path + " is not mounted any more"};
}

} // namespace holdfast::linux_os
