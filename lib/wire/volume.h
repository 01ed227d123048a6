#pragma once
// Between the engine and the program that looks at a volume in its stead, since whoever touches a path on a
// dead network disk waits for ever: one JSON object in its argument, one JSON object on a line of its output.

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::wire {

enum class VolumeState : std::uint8_t {
  unknown, ///< not looked at yet
  present,
  missing,   ///< nothing is mounted there, or there is no such directory
  foreign,   ///< it is another one than was meant
  read_only, ///< "read-only"
  stuck,     ///< it does not answer
  full
};
[[nodiscard]] std::string_view word(VolumeState state);
[[nodiscard]] std::optional<VolumeState> volume_state_of(std::string_view word);

/// What is meant to be there (`persistence.volumes`), and what is remembered of it from before.
struct VolumeQuestion {
  bool adopt = false; ///< make the marker where there is none
  std::string path{};
  std::string source{}; ///< empty: any
  std::string type{};   ///< empty: any
  bool mounted = true;
  std::string marker{};            ///< name of the file
  std::string known_marker{};      ///< the id in it; empty: none is remembered
  std::string known_file_system{}; ///< UUID; empty: none is remembered
  /// With `adopt`, how the id of a marker begins that is made now: hexadecimal digits, half of an id at the
  /// most. One that is there and begins so was made by an earlier try of the same adoption.
  std::string marker_begins{};
  bool operator==(const VolumeQuestion&) const = default;
};

struct VolumeAnswer {
  VolumeState state = VolumeState::unknown;
  std::string what{}; ///< what is not as it is meant to be, in words; empty where it is present
  /// Where it is present, by which the kernel's list of mounts tells later whether it is still the same.
  std::string real_path{}; ///< links followed
  std::uint64_t mount = 0; ///< number of the mount that holds it
  std::uint64_t device = 0;
  std::string marker{};      ///< the id in its marker; empty: it has none
  std::string file_system{}; ///< UUID, as udev knows it; empty: nobody knows
  std::optional<std::uint64_t> free_bytes{};
  std::optional<std::uint64_t> size_bytes{};
  std::string refused{}; ///< why it was not adopted
  bool operator==(const VolumeAnswer&) const = default;
};

/// Bytes of an answer with its newline; words are cut to fit.
constexpr std::size_t longest_volume_answer = 16U << 10;

/// One line, without its newline.
[[nodiscard]] std::string encode(const VolumeQuestion& question);
[[nodiscard]] std::string encode(const VolumeAnswer& answer);
/// Refused: an unknown key, one that is missing, a wrong type, an unknown state.
[[nodiscard]] Result<VolumeQuestion> decode_volume_question(std::string_view text);
[[nodiscard]] Result<VolumeAnswer> decode_volume_answer(std::string_view text);

/// 32 lower case hexadecimal digits.
[[nodiscard]] bool is_marker_id(std::string_view text);
constexpr std::size_t marker_digits = 32;

} // namespace holdfast::wire
